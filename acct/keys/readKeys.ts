import { createReadStream } from 'node:fs';
import { AcctError, systemCode } from '../acctError.js';
import { decodeText } from '../files/decodeText.js';
import { readBounded, readFileBounded } from '../files/readFileBounded.js';
import { splitKeys } from './splitKeys.js';

/** Where keys were named, all on one level of precedence. */
interface KeySources {
  readonly keys: readonly string[];
  /** A file, or `-` for the standard input. */
  readonly keyFile?: string | undefined;
  readonly keyDescriptor?: number | undefined;
}

/**
 * The keys in the order of their sources: given themselves, in a file, behind a descriptor. The first encrypts.
 * @throws AcctError FILE_MISSING, FILE_UNUSABLE, KEY_MISSING when a source holds none
 */
export async function readKeys({ keys, keyFile, keyDescriptor }: KeySources): Promise<readonly string[]> {
  const given = await Promise.all(keys.map(async (key) => (key === '-' ? fromDescriptor(0) : splitKeys(key))));
  const ofFile = keyFile === undefined ? [] : await fromFile(keyFile);
  const ofDescriptor = keyDescriptor === undefined ? [] : await fromDescriptor(keyDescriptor);
  return [...given.flat(), ...ofFile, ...ofDescriptor];
}

async function fromFile(path: string): Promise<readonly string[]> {
  if (path === '-') return fromDescriptor(0);
  return someKeys(await readFileBounded(path), path);
}

async function fromDescriptor(descriptor: number): Promise<readonly string[]> {
  const name = descriptor === 0 ? 'the standard input' : `descriptor ${descriptor}`;
  try {
    return someKeys(
      await readBounded(createReadStream('', { fd: descriptor, autoClose: descriptor !== 0 }), name),
      name,
    );
  } catch (error) {
    if (error instanceof AcctError) throw error;
    throw new AcctError('FILE_UNUSABLE', `No key can be read from ${name} (${systemCode(error)}).`);
  }
}

function someKeys(bytes: Uint8Array, name: string): readonly string[] {
  const keys = splitKeys(decodeText(bytes, name));
  if (keys.length === 0) throw new AcctError('KEY_MISSING', `There is no key in ${name}.`);
  return keys;
}
