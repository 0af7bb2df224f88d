import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyFileUnreachable, keyFileWrong } from '../../../../platform/keyFiles/keyFileError.js';
import { makeKeyFile, makeKeyFolder } from '../../../../platform/keyFiles/makeKeyFile.js';
import { ServiceStartError } from '../../../../platform/server/runDirectory.js';

/** Keys of one purpose, by number. The highest is used for new things; older ones stay for what they made. */
export interface Keyring {
  readonly current: NumberedKey;
  /** A key by its number, or null where it is not there (any more). */
  byNumber(number: number): Buffer | null;
}

/** 256 random bits with the number of their file. */
export interface NumberedKey {
  readonly number: number;
  readonly key: Buffer;
}

const KEY_BYTES = 32;
const SETTING = 'STORAGE_KEYS_DIR';
/** Numbers come from links that anybody can write: for one that is not known, the folder is looked at no more often. */
const LOOK_MS = 1_000;

/**
 * Opens the keys `<folder>/<purpose>-<number>.key` (0600, base64url), making the first where there is none. To rotate,
 * put the next number beside it and start again; a replica that was not started again yet reads it when it is asked for.
 * @throws ServiceStartError where there is none and none may be made; naming the file where it cannot be read or holds something else
 */
export async function openKeyring(
  folder: string,
  purpose: string,
  { mayMake }: { readonly mayMake: boolean },
): Promise<Keyring> {
  await makeKeyFolder(folder, SETTING);
  const keys = readKeys(folder, purpose);
  if (keys.size === 0) {
    if (!mayMake) throw new ServiceStartError(`${folder} has no ${purpose}-<number>.key; put the lost key back there.`);
    const first = `${randomBytes(KEY_BYTES).toString('base64url')}\n`;
    await makeKeyFile({ path: join(folder, `${purpose}-0001.key`), setting: SETTING }, first);
    return openKeyring(folder, purpose, { mayMake: false });
  }
  const number = Math.max(...keys.keys());
  const key = keys.get(number);
  if (key === undefined) throw new Error(`The key ${purpose}-${number} was not read.`);
  let lookedAt = Number.NEGATIVE_INFINITY;
  return {
    current: { number, key },
    byNumber(wanted) {
      if (!keys.has(wanted) && performance.now() - lookedAt > LOOK_MS) {
        lookedAt = performance.now();
        for (const [added, bytes] of readKeys(folder, purpose)) keys.set(added, bytes);
      }
      return keys.get(wanted) ?? null;
    },
  };
}

function readKeys(folder: string, purpose: string): Map<number, Buffer> {
  const keys = new Map<number, Buffer>();
  const pattern = new RegExp(`^${purpose}-(\\d{4,9})\\.key$`);
  for (const name of reached(folder, () => readdirSync(folder))) {
    const digits = pattern.exec(name)?.[1];
    if (digits === undefined) continue;
    const path = join(folder, name);
    const key = Buffer.from(reached(path, () => readFileSync(path, 'utf8')).trim(), 'base64url');
    if (key.length !== KEY_BYTES) throw keyFileWrong({ path, setting: SETTING }, 'key of 32 bytes in base64url');
    keys.set(Number(digits), key);
  }
  return keys;
}

function reached<Value>(path: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw keyFileUnreachable({ path, setting: SETTING }, error);
  }
}
