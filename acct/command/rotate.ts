import { AcctError } from '../acctError.js';
import { findCryptoPlugin } from '../crypto/find.js';
import { readFileBounded } from '../files/readFileBounded.js';
import { type StagedFile, stageFile } from '../files/writeFileAtomically.js';
import { readKeys } from '../keys/readKeys.js';
import { checkKeys, open, seal } from '../sealed.js';
import { printOrDiscard } from './encrypt.js';
import { requireFile, type Settings } from './settings.js';

/** Where the new key comes from; without either it is generated and printed. */
interface NewKeySource {
  readonly newKey: string | undefined;
  readonly newKeyFile: string | undefined;
}

/**
 * Encrypts files anew, so that the old keys open none of them. All are opened and written beside their places before the
 * first takes its place: with a wrong key, nothing has changed.
 * @throws AcctError
 */
export async function rotate(
  settings: Settings,
  files: readonly string[],
  { newKey, newKeyFile }: NewKeySource,
): Promise<void> {
  const plugin = await findCryptoPlugin(settings.cryptoPlugin, settings.pluginDirectory);
  const given = await readKeys({ keys: newKey === undefined ? [] : [newKey], keyFile: newKeyFile });
  checkKeys(given, plugin);
  if (given.some((key) => settings.keys.includes(key))) {
    throw new AcctError('USAGE', 'The new key is one of the old ones.');
  }
  const key = given[0] ?? plugin.generateKey();
  const staged: StagedFile[] = [];
  const discard = async (): Promise<void> => void (await Promise.all(staged.map((file) => file.discard())));
  try {
    for (const file of files.length === 0 ? [requireFile(settings)] : files) {
      const document = open(await readFileBounded(file), settings.keys, plugin);
      staged.push(await stageFile(file, seal(document, key, plugin)));
    }
  } catch (error) {
    await discard();
    throw error;
  }
  if (given.length === 0) await printOrDiscard(key, discard);
  for (const file of staged) await file.commit();
}
