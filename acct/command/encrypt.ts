import { rm } from 'node:fs/promises';
import { AcctError } from '../acctError.js';
import { findCryptoPlugin } from '../crypto/find.js';
import { readDocument } from '../document/document.js';
import { decodeText } from '../files/decodeText.js';
import { readBounded, readFileBounded } from '../files/readFileBounded.js';
import { stageFile } from '../files/writeFileAtomically.js';
import { checkKeys, seal } from '../sealed.js';
import { printKey } from './printKey.js';
import { requireFile, type Settings } from './settings.js';

/**
 * Encrypts a YAML file to `FILE.<plugin>`. Without a key it makes one and prints it; with one it prints nothing.
 * @param remove whether the plaintext file goes once the encrypted one is in its place
 * @throws AcctError
 */
export async function encrypt(settings: Settings, { remove }: { readonly remove: boolean }): Promise<void> {
  const file = requireFile(settings);
  const plugin = await findCryptoPlugin(settings.cryptoPlugin, settings.pluginDirectory);
  checkKeys(settings.keys, plugin);
  const output = outputOf(file, settings, plugin.name);
  const text = file === '-' ? await readBounded(process.stdin, 'The standard input') : await readFileBounded(file);
  const name = file === '-' ? 'The standard input' : file;
  const document = readDocument(decodeText(text, name), name);
  const [given] = settings.keys;
  const key = given ?? plugin.generateKey();
  const staged = await stageFile(output, seal(document, key, plugin));
  if (given === undefined) await printOrDiscard(key, staged.discard);
  await staged.commit();
  if (remove && file !== '-' && file !== output) await rm(file);
}

function outputOf(file: string, { outputFile }: Settings, ending: string): string {
  if (outputFile !== null) return outputFile;
  if (file !== '-') return `${file}.${ending}`;
  throw new AcctError('USAGE', 'What stdin gives needs a place: name it with --output-file.');
}

/** A key that nobody could read must not lock the file. */
export async function printOrDiscard(key: string, discard: () => Promise<void>): Promise<void> {
  try {
    printKey(key);
  } catch (error) {
    await discard();
    throw error;
  }
}
