import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Makes a job's folder with `work` and `tmp`, for its owner alone. One that is left from before is removed. */
export async function makeJobFolder(folder: string): Promise<void> {
  await removeJobFolder(folder);
  for (const path of [folder, join(folder, 'work'), join(folder, 'tmp')]) {
    await mkdir(path, { recursive: true });
    await chmod(path, 0o700);
  }
}

/** Removes a job's folder, whatever the job did to the rights in it. */
export async function removeJobFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(async () => {
    // Not root, and the job took the right to enter one of its own folders away.
    await openUp(folder);
    await rm(folder, { recursive: true, force: true });
  });
}

async function openUp(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await openUp(join(folder, entry.name));
  }
}
