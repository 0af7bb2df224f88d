import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AcctError, systemCode } from '../acctError.js';

/** A file that is written and synced beside its place, and not yet there. */
export interface StagedFile {
  /** Puts it in its place. */
  commit(): Promise<void>;
  /** Removes it. */
  discard(): Promise<void>;
}

/**
 * Writes a file that only its owner reads (0600): at any moment, also after a crash, the place holds the old content or
 * the new, whole. A symbolic link keeps pointing where it did.
 * @throws AcctError FILE_UNUSABLE
 */
export async function writeFileAtomically(path: string, content: Uint8Array): Promise<void> {
  const staged = await stageFile(path, content);
  await staged.commit();
}

/** The first half of writeFileAtomically, for those who have to do something between. Throws AcctError FILE_UNUSABLE. */
export async function stageFile(path: string, content: Uint8Array): Promise<StagedFile> {
  const target = await realpath(path).catch(() => path);
  const folder = dirname(target);
  const staged = join(folder, `.${basename(target)}.${randomBytes(6).toString('hex')}`);
  const discard = (): Promise<void> => rm(staged, { force: true });
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      await discard().catch(() => undefined);
      throw new AcctError('FILE_UNUSABLE', `${path} cannot be written (${systemCode(error)}).`);
    }
  };
  await attempt(async () => {
    const file = await open(staged, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  });
  return {
    discard,
    commit: () =>
      attempt(async () => {
        await rename(staged, target);
        await syncFolder(folder);
      }),
  };
}

/** Makes the new name itself survive a crash, where the file system can. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch {
    // Some network file systems refuse to sync a folder; the file is in its place all the same.
  } finally {
    await handle.close();
  }
}
