import { readFile } from 'node:fs/promises';
import { type KeyFile, keyFileUnreachable, keyFileWrong } from './keyFileError.js';

/** What a file of keys must hold. */
export interface KeyFileContent<Keys> {
  /** As messages name it, after "holds no". */
  readonly what: string;
  /** Whatever it throws means that the file holds something else. */
  parse(text: string): Keys | Promise<Keys>;
}

/**
 * Reads a file of keys.
 * @returns null where it is not there
 * @throws ServiceStartError naming file and setting where it cannot be read or holds something else
 */
export async function readKeyFile<Keys>(file: KeyFile, { what, parse }: KeyFileContent<Keys>): Promise<Keys | null> {
  let text: string;
  try {
    text = await readFile(file.path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw keyFileUnreachable(file, error);
  }
  try {
    return await parse(text);
  } catch {
    // The parser's words are about its own insides, and may quote the key.
    throw keyFileWrong(file, what);
  }
}
