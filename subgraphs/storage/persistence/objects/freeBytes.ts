import { statfs } from 'node:fs/promises';
import type { FreeBytes } from '../../usecases/ports.js';

/** What is free on the file system that a folder is on, for this user. */
export const freeBytesOf =
  (folder: string): FreeBytes =>
  async () => {
    const { bavail, bsize } = await statfs(folder, { bigint: true });
    return bavail * bsize;
  };
