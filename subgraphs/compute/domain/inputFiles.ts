import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { computeLimits } from './limits.js';

/** A file of a drive that a job finds in its working directory. */
export interface InputFile {
  readonly driveId: string;
  /** The path from the drive's root; storage judges it. */
  readonly path: string;
  /** The name in the working directory: one plain file name. */
  readonly as: string;
}

/** Checks the input files: how many, their names, no name twice. Refusal: INVALID_INPUT at the path of the value. */
export function parseInputFiles(files: readonly InputFile[]): Result<readonly InputFile[], InvalidInput> {
  if (files.length > computeLimits.inputsMax) {
    return err(invalidInput(['inputs'], `A job has at most ${computeLimits.inputsMax} input files.`));
  }
  const taken = new Set<string>();
  const parsed: InputFile[] = [];
  for (const [index, file] of files.entries()) {
    const at = ['inputs', String(index)];
    const path = parseLine(file.path, [...at, 'path'], computeLimits.pathCharactersMax);
    if (!path.ok) return path;
    const name = parseFileName(file.as, [...at, 'as']);
    if (!name.ok) return name;
    if (taken.has(name.value)) return err(invalidInput([...at, 'as'], `Two input files have the name ${name.value}.`));
    taken.add(name.value);
    parsed.push({ driveId: file.driveId, path: file.path, as: name.value });
  }
  return ok(parsed);
}

/** A name that stays in the working directory, whatever is done with it. */
function parseFileName(text: string, path: readonly string[]): Result<string, InvalidInput> {
  const line = parseLine(text, path, computeLimits.fileNameBytesMax);
  if (!line.ok) return line;
  const name = line.value;
  if (name !== text) return err(invalidInput(path, 'The name begins or ends with a space, or is not in Unicode NFC.'));
  if (name === '.' || name === '..' || /[/\\]/.test(name)) {
    return err(invalidInput(path, 'The name must be one plain file name, without folders.'));
  }
  if (Buffer.byteLength(name) > computeLimits.fileNameBytesMax) {
    return err(invalidInput(path, `The name has more than ${computeLimits.fileNameBytesMax} bytes.`));
  }
  return ok(name);
}
