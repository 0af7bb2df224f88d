import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { makeHomeFolder } from '../../platform/kernel/homeFolder.js';

/** Where the controller keeps what below TOLLGATE_HOME. */
export interface ControllerFolders {
  /** Scratch directories of jobs, one each; others may pass (0711), nobody may list it. */
  readonly scratch: string;
  /** What waits to be told to Tollgate, and which jobs run; for the controller alone (0700). */
  readonly outbox: string;
  /** The file that tells which process is the controller. */
  readonly lockFile: string;
}

/** Makes the folders, and corrects their rights. @throws HomeFolderError where the home cannot be made */
export async function makeFolders(home: string): Promise<ControllerFolders> {
  const jobs = join(home, 'jobs');
  const folders = { scratch: join(jobs, 'scratch'), outbox: join(jobs, 'outbox'), lockFile: join(jobs, 'lock') };
  await makeFolder(jobs, 0o711);
  await makeFolder(folders.scratch, 0o711);
  await makeFolder(folders.outbox, 0o700);
  return folders;
}

/** The mode is set apart: what mkdir makes is narrowed by the umask. */
async function makeFolder(path: string, mode: number): Promise<void> {
  await makeHomeFolder(path, 0o777);
  await chmod(path, mode);
}
