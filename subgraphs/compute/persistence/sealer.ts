import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileOnce } from '../../../platform/kernel/files.js';
import type { Sealer } from '../usecases/ports.js';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A sealer (AES-256-GCM) with the key in a file, made on the first start (0600). Replicas without a common home name a
 * common file; what one of them sealed the others cannot open otherwise, and its half-made submits are undone.
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
  const stored = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (stored !== null) return checkKey(Buffer.from(stored, 'base64'), path);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileOnce(path, randomBytes(KEY_BYTES).toString('base64'), 0o600);
  return loadKey(path);
}

function checkKey(key: Buffer, path: string): Buffer {
  if (key.length !== KEY_BYTES) throw new Error(`${path} does not hold a key of ${KEY_BYTES} bytes in base64.`);
  return key;
}
