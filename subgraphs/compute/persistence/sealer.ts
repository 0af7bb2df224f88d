import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { makeKeyFile } from '../../../platform/keyFiles/makeKeyFile.js';
import { readKeyFile } from '../../../platform/keyFiles/readKeyFile.js';
import type { Sealer } from '../usecases/ports.js';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A sealer (AES-256-GCM) with the key in a file, made on the first start (0600). Replicas without a common home name a
 * common file; what one of them sealed the others cannot open otherwise, and its half-made submits are undone.
 * @throws ServiceStartError naming the file where it cannot be read or made, or holds something else
 */
export async function fileSealer(keyFile: string): Promise<Sealer> {
  const key = await loadKey(keyFile);
  return {
    seal(text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
    },
    open(sealed) {
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES));
        decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const text = sealed.subarray(NONCE_BYTES + TAG_BYTES);
        return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
      } catch {
        return null;
      }
    },
  };
}

async function loadKey(path: string): Promise<Buffer> {
  const file = { path, setting: 'COMPUTE_SEALING_KEY_FILE' };
  const stored = await readKeyFile(file, { what: `key of ${KEY_BYTES} bytes in base64`, parse: parseKey });
  if (stored !== null) return stored;
  await makeKeyFile(file, randomBytes(KEY_BYTES).toString('base64'));
  return loadKey(path);
}

function parseKey(text: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES) throw new Error(`That is no key of ${KEY_BYTES} bytes.`);
  return key;
}
