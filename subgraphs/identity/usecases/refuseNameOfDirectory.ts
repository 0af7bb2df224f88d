import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { DirectoryUnavailable } from './ports/directory.js';
import type { Ports } from './ports.js';
import { directoryUnavailable } from './refreshWithDirectory.js';

/** Why nobody may register under a name: it is somebody's of the directory, whether they ever logged in or not. */
export async function refuseNameOfDirectory(ports: Ports, username: string): Promise<Refusal | null> {
  if (ports.directory === null) return null;
  try {
    const isTaken = await ports.directory.directory.hasName(username);
    return isTaken ? refused('USERNAME_TAKEN', 'Another person has this user name. Choose another.') : null;
  } catch (error) {
    if (!(error instanceof DirectoryUnavailable)) throw error;
    ports.directoryTrouble(error);
    return directoryUnavailable;
  }
}
