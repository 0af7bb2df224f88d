import type { StoredFile } from '../domain/file.js';
import type { Records } from './ports.js';

/** The file that was remembered under a key, as it is now. */
export async function loadFile(saved: unknown, { files }: Records): Promise<StoredFile> {
  const [file] = await files.byIds([String(saved)]);
  if (file === undefined) throw new Error(`File ${String(saved)} is remembered and not there.`);
  return file;
}
