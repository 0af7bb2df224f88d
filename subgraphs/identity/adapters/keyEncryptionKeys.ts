import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../../platform/kernel/files.js';
import { ServiceStartError } from '../../../platform/server/runDirectory.js';
import type { KeyEncryptionKeys } from '../usecases/ports/sealing.js';

const KEY_BYTES = 32;
const ID_BYTES = 8;

/** A key-encryption key. Its id is a digest of it, so that a sealed value can say which key opens it. */
export interface KeyEncryptionKey {
  readonly id: string;
  readonly bytes: Buffer;
}

/** The keys with their bytes, the newest first: the first seals, all of them open. */
export interface OpenKeyEncryptionKeys extends KeyEncryptionKeys {
  readonly keys: readonly KeyEncryptionKey[];
}

/** A key from its bytes. */
export const toKeyEncryptionKey = (bytes: Buffer): KeyEncryptionKey => ({
  id: createHash('sha256')
    .update('tollgate key-encryption key')
    .update(bytes)
    .digest('hex')
    .slice(0, 2 * ID_BYTES),
  bytes,
});

/**
 * Loads the key-encryption keys from `<home>/keys/identity/key-encryption.key` (base64url, one a line, the newest first;
 * 0600), making the first where the database holds nothing that is sealed yet. There is one, and two while a rotation is
 * under way. The service's lock keeps two processes of one home from changing the file.
 * @throws ServiceStartError where it is missing though the database needs it, or has what is no key
 */
export async function loadKeyEncryptionKeys(
  home: string,
  options: { readonly mayMake: boolean },
): Promise<OpenKeyEncryptionKeys> {
  const folder = join(home, 'keys', 'identity');
  const file = join(folder, 'key-encryption.key');
  const stored = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (stored === null && !options.mayMake) {
    throw new ServiceStartError(
      `${file} is missing, and identity's database was sealed with it; put the file back from the backup.`,
    );
  }
  let keys = stored === null ? [] : parseKeys(stored, file);

  const store = async (wanted: readonly KeyEncryptionKey[]): Promise<void> => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFileAtomically(file, wanted.map(({ bytes }) => `${bytes.toString('base64url')}\n`).join(''), 0o600);
    // In this order: nothing is sealed with a key that a crash could lose.
    keys = [...wanted];
  };
  // One change after the other: two at once would each lose the other's key.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Value>(change: () => Promise<Value>): Promise<Value> => {
    const mine = last.then(change, change);
    last = mine.catch(() => undefined);
    return mine;
  };
  const makeNext = (): Promise<string> =>
    inTurn(async () => {
      const next = toKeyEncryptionKey(randomBytes(KEY_BYTES));
      await store([next, ...keys]);
      return next.id;
    });
  if (stored === null) await makeNext();

  return {
    get keys() {
      return keys;
    },
    get ids() {
      return keys.map(({ id }) => id);
    },
    makeNext,
    dropOlderThan: (id) =>
      inTurn(async () => {
        const position = keys.findIndex((key) => key.id === id);
        if (position >= 0 && position < keys.length - 1) await store(keys.slice(0, position + 1));
      }),
  };
}

function parseKeys(text: string, file: string): KeyEncryptionKey[] {
  const keys = text
    .trim()
    .split(/\s+/)
    .map((line) => Buffer.from(line, 'base64url'));
  if (keys.every(({ length }) => length === KEY_BYTES)) return keys.map(toKeyEncryptionKey);
  throw new ServiceStartError(
    `${file} is not a key of ${KEY_BYTES} bytes in base64url (one a line, where there are two); put it back from the backup.`,
  );
}
