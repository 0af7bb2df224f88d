import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { hydrateSymlinks } from '../../../platform/database/embedded/hydrateSymlinks.js';
import { nativeFolder } from '../../../platform/database/embedded/nativeFolder.js';

let home: string;
let folder: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-native-'));
  folder = join(home, 'package', 'native');
  await mkdir(join(folder, 'lib'), { recursive: true });
  await writeFile(join(folder, 'lib', 'libpq.so.5.17'), 'library');
  await list('native/lib/libpq.so', 'native/lib/libpq.so.5');
  return () => rm(home, { recursive: true, force: true });
});

async function list(...targets: string[]): Promise<void> {
  const links = targets.map((target) => ({ source: 'native/lib/libpq.so.5.17', target }));
  await writeFile(join(folder, 'pg-symlinks.json'), JSON.stringify(links));
}

describe('hydrateSymlinks', () => {
  it('makes the links of the list, as often as wanted and by several at once', async () => {
    expect(await Promise.all(Array.from({ length: 8 }, () => hydrateSymlinks(folder)))).not.toContain(false);
    expect(await hydrateSymlinks(folder)).toBe(true);
    expect(await readlink(join(folder, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.17');
    expect(await readFile(join(folder, 'lib', 'libpq.so'), 'utf8')).toBe('library');
  });

  it('tells when a link cannot be made', async () => {
    await list('native/absent/libpq.so');
    expect(await hydrateSymlinks(folder)).toBe(false);
  });
});

describe('nativeFolder', () => {
  const locate = () => nativeFolder({ home, source: { folder, version: '17.1' }, user: undefined });

  it("is the package's own where its links can be made", async () => {
    expect(await locate()).toBe(folder);
  });

  it('is one copy in the home where they cannot, for two starts at once as well', async () => {
    // A link below a file: what cannot be made here cannot be made in the copy either, but the copy is what is used.
    await list('native/lib/libpq.so.5.17/below');
    const copy = join(home, 'postgres-native-17.1');
    expect(await Promise.all([locate(), locate(), locate()])).toEqual([copy, copy, copy]);
    expect(await readFile(join(copy, 'lib', 'libpq.so.5.17'), 'utf8')).toBe('library');
    expect((await readdir(home)).sort()).toEqual(['package', 'postgres-native-17.1']);
  });
});
