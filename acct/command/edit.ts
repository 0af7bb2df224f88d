import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { AcctError } from '../acctError.js';
import { findCryptoPlugin } from '../crypto/find.js';
import { readDocument } from '../document/document.js';
import type { AcctMap } from '../document/value.js';
import { writeYaml } from '../document/yaml/write.js';
import { decodeText } from '../files/decodeText.js';
import { makePrivateFolder } from '../files/privateFolder.js';
import { readFileBounded } from '../files/readFileBounded.js';
import { stageFile } from '../files/writeFileAtomically.js';
import { checkKeys, open, seal } from '../sealed.js';
import { printOrDiscard } from './encrypt.js';
import { runEditor } from './runEditor.js';
import { requireFile, type Settings } from './settings.js';

const NEW_FILE = '# provider:\n#   profile:\n#     username: alice\n{}\n';

/**
 * Opens the document in the editor and encrypts what it leaves; nothing is written when nothing changed. A file that
 * does not exist is made. The plaintext stands in a private folder alone, see makePrivateFolder.
 * @throws AcctError
 */
export async function edit(settings: Settings): Promise<void> {
  const file = requireFile(settings);
  const plugin = await findCryptoPlugin(settings.cryptoPlugin, settings.pluginDirectory);
  checkKeys(settings.keys, plugin);
  const before = await readIfThere(file);
  const text = before === null ? NEW_FILE : writeYaml(open(before, settings.keys, plugin));
  const after = await editText(text, settings.editor);
  if (after === null) return;
  const overtaken = settings.outputFile === null && !isSame(before, await readIfThere(file));
  const target = overtaken ? `${file}.edited` : (settings.outputFile ?? file);
  const [given] = settings.keys;
  const key = given ?? plugin.generateKey();
  const staged = await stageFile(target, seal(after, key, plugin));
  if (given === undefined) await printOrDiscard(key, staged.discard);
  await staged.commit();
  if (overtaken) {
    throw new AcctError(
      'FILE_UNUSABLE',
      `${file} was changed while you edited it; your edit is encrypted in ${target}.`,
    );
  }
}

async function readIfThere(file: string): Promise<Uint8Array | null> {
  try {
    return await readFileBounded(file);
  } catch (error) {
    if (error instanceof AcctError && error.code === 'FILE_MISSING') return null;
    throw error;
  }
}

const isSame = (one: Uint8Array | null, other: Uint8Array | null): boolean =>
  one === null || other === null ? one === other : Buffer.from(one).equals(other);

/** What the person made of the text; null when it is as it was. */
async function editText(text: string, editor: string): Promise<AcctMap | null> {
  const folder = await makePrivateFolder();
  try {
    if (!folder.inMemory)
      process.stderr.write('tollgate acct: there is no /dev/shm here: the text is on a disk while you edit it.\n');
    const path = join(folder.path, 'edit.yaml');
    await writeFile(path, text, { mode: 0o600, flag: 'wx' });
    for (;;) {
      await runEditor(editor, path);
      const edited = decodeText(await readFile(path), 'The edited text');
      if (edited === text) return null;
      try {
        return readDocument(edited, 'The edited text');
      } catch (error) {
        if (!(error instanceof AcctError) || !(await askAgain(error))) throw error;
      }
    }
  } finally {
    await folder.remove();
  }
}

/** A slip must not cost the whole edit: at a terminal, the editor opens again on the same text. */
async function askAgain(error: AcctError): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(
      `tollgate acct: ${error.message}\nEnter: edit again; q: give up, nothing changes. `,
    );
    return answer.trim().toLowerCase() !== 'q';
  } finally {
    terminal.close();
  }
}
