import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../../../platform/kernel/files.js';
import { type KeyFile, keyFileWrong } from '../../../platform/keyFiles/keyFileError.js';
import { makeKeyFile, makeKeyFolder } from '../../../platform/keyFiles/makeKeyFile.js';
import { readKeyFile } from '../../../platform/keyFiles/readKeyFile.js';
import { ServiceStartError } from '../../../platform/server/runDirectory.js';
import type { KeyEncryptionKeys } from '../usecases/ports/sealing.js';

const KEY_BYTES = 32;
const ID_BYTES = 8;
const WHAT = `key of ${KEY_BYTES} bytes in base64url (one a line, where there are two)`;

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
 * under way. Replicas have one file (`options.file`): a key that another of them made counts here with the next use. Only one
 * process may change it at a time: see SealedStore.lock.
 * @throws ServiceStartError where it is missing though the database needs it, or has what is no key
 */
export async function loadKeyEncryptionKeys(
  home: string,
  options: { readonly mayMake: boolean; readonly file?: string | null },
): Promise<OpenKeyEncryptionKeys> {
  const file = options.file ?? join(home, 'keys', 'identity', 'key-encryption.key');
  const keyFile: KeyFile = { path: file, setting: 'IDENTITY_KEY_ENCRYPTION_KEY_FILE' };
  const parse = (text: string): KeyEncryptionKey[] => parseKeys(text, keyFile);
  const stored = await readKeyFile(keyFile, { what: WHAT, parse });
  if (stored === null && !options.mayMake) {
    throw new ServiceStartError(
      `${file} is missing, and identity's database was sealed with it; put the file back from the backup.`,
    );
  }
  let keys = stored ?? [];
  let version = stored === null ? null : versionOf(file);

  /** Reads the file where it is another than was read. One that cannot be read just now changes nothing. */
  const present = (): readonly KeyEncryptionKey[] => {
    const now = versionOf(file);
    if (now !== null && now !== version) {
      keys = parse(readFileSync(file, 'utf8'));
      version = now;
    }
    return keys;
  };

  const store = async (wanted: readonly KeyEncryptionKey[]): Promise<void> => {
    await makeKeyFolder(dirname(file), keyFile.setting);
    await writeFileAtomically(file, textOf(wanted), 0o600);
    // In this order: nothing is sealed with a key that a crash could lose.
    keys = [...wanted];
    version = versionOf(file);
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
      await store([next, ...present()]);
      return next.id;
    });
  if (stored === null) await makeKeyFile(keyFile, textOf([toKeyEncryptionKey(randomBytes(KEY_BYTES))]));

  return {
    get keys() {
      return present();
    },
    get ids() {
      return present().map(({ id }) => id);
    },
    makeNext,
    dropOlderThan: (id) =>
      inTurn(async () => {
        const known = present();
        const position = known.findIndex((key) => key.id === id);
        if (position >= 0 && position < known.length - 1) await store(known.slice(0, position + 1));
      }),
  };
}

const textOf = (keys: readonly KeyEncryptionKey[]): string =>
  keys.map(({ bytes }) => `${bytes.toString('base64url')}\n`).join('');

/** What tells one content of the file from another; null where it is not there. */
function versionOf(file: string): string | null {
  const stats = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.ino} ${stats.mtimeNs}`;
}

function parseKeys(text: string, file: KeyFile): KeyEncryptionKey[] {
  const keys = text
    .trim()
    .split(/\s+/)
    .map((line) => Buffer.from(line, 'base64url'));
  if (keys.every(({ length }) => length === KEY_BYTES)) return keys.map(toKeyEncryptionKey);
  throw keyFileWrong(file, WHAT);
}
