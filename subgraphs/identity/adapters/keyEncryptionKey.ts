import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../../platform/kernel/files.js';
import { ServiceStartError } from '../../../platform/server/runDirectory.js';

const KEY_BYTES = 32;

/**
 * Loads the key-encryption key from `<home>/keys/identity/key-encryption.key` (base64url, 0600), making it where the
 * database holds nothing that is sealed yet. The service's lock keeps two processes of one home from doing it at once.
 * @throws ServiceStartError where it is missing though the database needs it, or is not a key
 */
export async function loadKeyEncryptionKey(home: string, options: { readonly mayMake: boolean }): Promise<Buffer> {
  const folder = join(home, 'keys', 'identity');
  const file = join(folder, 'key-encryption.key');
  const stored = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (stored !== null) return parseKey(stored, file);
  if (!options.mayMake) {
    throw new ServiceStartError(
      `${file} is missing, and identity's database was sealed with it; put the file back from the backup.`,
    );
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const key = randomBytes(KEY_BYTES);
  await writeFileAtomically(file, `${key.toString('base64url')}\n`, 0o600);
  return key;
}

function parseKey(text: string, file: string): Buffer {
  const key = Buffer.from(text.trim(), 'base64url');
  if (key.length === KEY_BYTES) return key;
  throw new ServiceStartError(`${file} is not a key of ${KEY_BYTES} bytes in base64url; put it back from the backup.`);
}
