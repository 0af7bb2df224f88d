import { createCipheriv, createDecipheriv } from 'node:crypto';
import { frameLayout } from '../../domain/frames.js';
import { IntegrityError } from '../../usecases/ports.js';

/** Which frame of which object: all of it is under the frame's tag. */
export interface FramePlace {
  readonly objectKey: string;
  readonly index: number;
  /** Whether it is the object's last, so that an object cut off at a frame's end does not pass for a shorter one. */
  readonly final: boolean;
}

/** Encrypts one frame. @returns ciphertext and tag */
export function sealFrame(dataKey: Buffer, place: FramePlace, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', dataKey, nonceOf(place));
  cipher.setAAD(boundTo(place));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Decrypts one frame. @throws IntegrityError unless it is exactly what sealFrame made for this place */
export function openFrame(dataKey: Buffer, place: FramePlace, sealed: Buffer): Buffer {
  const tagAt = sealed.length - frameLayout.tagBytes;
  if (tagAt < 0) throw new IntegrityError('A frame is cut off.');
  const decipher = createDecipheriv('aes-256-gcm', dataKey, nonceOf(place), { authTagLength: frameLayout.tagBytes });
  decipher.setAAD(boundTo(place));
  decipher.setAuthTag(sealed.subarray(tagAt));
  const plain = decipher.update(sealed.subarray(0, tagAt));
  try {
    decipher.final();
  } catch {
    throw new IntegrityError(`Frame ${place.index} was changed or belongs elsewhere.`);
  }
  return plain;
}

/**
 * The nonce is the frame's place. A data key is made for one writing of one object and each place is sealed once under
 * it, so that no nonce comes twice; the final flag is in it all the same.
 */
function nonceOf({ index, final }: FramePlace): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt8(final ? 1 : 0, 3);
  nonce.writeBigUInt64BE(BigInt(index), 4);
  return nonce;
}

const boundTo = ({ objectKey, index, final }: FramePlace): Buffer =>
  Buffer.from(JSON.stringify(['tollgate-frame-1', objectKey, index, final]));
