import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { frameLayout } from '../../domain/frames.js';
import { IntegrityError } from '../../usecases/ports.js';
import type { Keyring } from '../keys/keyring.js';

const MAGIC = Buffer.from('TGO1');
const NONCE_BYTES = 12;
const KEY_BYTES = 32;
const NONCE_AT = MAGIC.length + 4;
const WRAPPED_AT = NONCE_AT + NONCE_BYTES;
const TAG_AT = WRAPPED_AT + KEY_BYTES;

/**
 * Makes an object's header: its fresh data key, wrapped by the current master key and bound to the object's name, so
 * that a whole object put in another's place does not open.
 */
export function makeHeader(keys: Keyring, objectKey: string): { readonly header: Buffer; readonly dataKey: Buffer } {
  const dataKey = randomBytes(KEY_BYTES);
  const number = Buffer.alloc(4);
  number.writeUInt32BE(keys.current.number);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keys.current.key, nonce);
  cipher.setAAD(boundTo(objectKey, keys.current.number));
  const wrapped = Buffer.concat([cipher.update(dataKey), cipher.final()]);
  return { header: Buffer.concat([MAGIC, number, nonce, wrapped, cipher.getAuthTag()]), dataKey };
}

/** Unwraps an object's data key. @throws IntegrityError for a foreign, changed or short header, or a lost master key */
export function openHeader(keys: Keyring, objectKey: string, header: Buffer): Buffer {
  if (header.length !== frameLayout.headerBytes || !header.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new IntegrityError('The object has no header.');
  }
  const number = header.readUInt32BE(MAGIC.length);
  const masterKey = keys.byNumber(number);
  if (masterKey === null)
    throw new IntegrityError(`The object was sealed under the master key ${number}, which is not there.`);
  const decipher = createDecipheriv('aes-256-gcm', masterKey, header.subarray(NONCE_AT, WRAPPED_AT), {
    authTagLength: frameLayout.tagBytes,
  });
  decipher.setAAD(boundTo(objectKey, number));
  decipher.setAuthTag(header.subarray(TAG_AT));
  try {
    return Buffer.concat([decipher.update(header.subarray(WRAPPED_AT, TAG_AT)), decipher.final()]);
  } catch {
    throw new IntegrityError('The header of the object was changed or is of another object.');
  }
}

const boundTo = (objectKey: string, number: number): Buffer =>
  Buffer.from(JSON.stringify(['tollgate-object-key-1', number, objectKey]));
