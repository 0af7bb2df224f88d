import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BackupError } from '../../../cli/backup/backupError.js';
import { listFiles } from '../../../cli/backup/listFiles.js';
import { verifyBackup } from '../../../cli/backup/verifyBackup.js';

const progress = { begin: () => undefined, add: () => undefined };
const { signal } = new AbortController();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-verify-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.runIf(process.platform === 'linux')('a backup that cannot be read is said so in a sentence', async () => {
  // Its first page is nobody's: reading it fails for root too.
  await symlink('/proc/self/mem', join(folder, 'SHA256SUMS'));
  await expect(verifyBackup(folder, { progress, signal })).rejects.toThrow(
    new BackupError('The check of the backup failed (EIO): the disk fails; look at it and try again.'),
  );
});

it('what a check of the disk found is no file of a backup or of a home', async () => {
  const disk = join(folder, 'disk');
  await mkdir(join(disk, 'lost+found'), { recursive: true });
  await writeFile(join(disk, 'lost+found', '#12'), '');
  await writeFile(join(disk, 'one'), '');
  expect(await listFiles(disk)).toEqual(['one']);
});
