import { access, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically } from '../../../platform/kernel/files.js';
import { parseJson } from '../../../platform/kernel/parseJson.js';
import type { CredentialFile } from '../usecases/ports.js';

/** A JSON file (0600) at a path; its folder is made where it is missing (0700). */
export const credentialFile = (path: string): CredentialFile => ({
  exists: () =>
    access(path).then(
      () => true,
      () => false,
    ),
  async read() {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    });
    return text === null ? null : parseJson(text);
  },
  async write(content) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFileAtomically(path, `${JSON.stringify(content, null, 2)}\n`, 0o600);
  },
});
