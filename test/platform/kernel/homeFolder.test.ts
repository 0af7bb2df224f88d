import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolders as makeControllerFolders } from '../../../controllers/local/folders.js';
import { makeHomeFolder } from '../../../platform/kernel/homeFolder.js';
import { lockService } from '../../../platform/server/runDirectory.js';

describe('a folder of the home', () => {
  let place: string;

  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'tollgate-folder-'));
  });
  afterEach(() => rm(place, { recursive: true, force: true }));

  it('is made with those above it, for its user alone, by several at once', async () => {
    const path = join(place, 'a', 'b', 'c');
    await Promise.all(Array.from({ length: 8 }, () => makeHomeFolder(path)));
    expect((await stat(join(place, 'a'))).mode & 0o777).toBe(0o700);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    await makeHomeFolder(path);
  });

  it.each([[[]], [['below']], [['below', 'farther']]])(
    'is refused where it is a file, or below one: %j',
    async (names) => {
      const file = join(place, 'file');
      await writeFile(file, '');
      await expect(makeHomeFolder(join(file, ...names))).rejects.toThrow(
        `${file} is a file, not a folder; move it away or choose another TOLLGATE_HOME.`,
      );
    },
  );

  it('is refused where a link leads nowhere', async () => {
    const link = join(place, 'link');
    await symlink(join(place, 'nothing'), link);
    await expect(makeHomeFolder(join(link, 'home'))).rejects.toThrow(`${link} is a link that leads nowhere;`);
  });

  it.runIf(process.platform === 'linux')('is refused at once where nothing can be made, as in /proc', async () => {
    const refused = '/proc takes no new folders; choose another TOLLGATE_HOME.';
    await expect(makeHomeFolder('/proc/nohome/run')).rejects.toThrow(refused);
    await expect(lockService('/proc/nohome', 'gateway')).rejects.toThrow(refused);
    await expect(makeControllerFolders('/proc/nohome')).rejects.toThrow(refused);
  });

  it('is what a service without a database refuses to start on', async () => {
    const file = join(place, 'file');
    await writeFile(file, '');
    await expect(lockService(join(file, 'home'), 'gateway')).rejects.toMatchObject({
      name: 'ServiceStartError',
      message: `${file} is a file, not a folder; move it away or choose another TOLLGATE_HOME.`,
    });
  });
});
