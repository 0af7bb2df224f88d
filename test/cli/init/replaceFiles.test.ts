import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { replaceFiles } from '../../../cli/init/replaceFiles.js';

const broken = vi.hoisted((): { renames: ReadonlySet<number>; links: boolean } => ({
  renames: new Set(),
  links: false,
}));
let renames = 0;
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return {
    ...real,
    rename: async (from: string, to: string) => {
      renames += 1;
      if (broken.renames.has(renames))
        throw Object.assign(new Error(`EIO: ${to}`), { code: 'EIO', syscall: 'rename', path: from, dest: to });
      return real.rename(from, to);
    },
    link: async (from: string, to: string) => {
      if (broken.links) throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
      return real.link(from, to);
    },
  };
});

const NAMES = ['one', 'two', 'three', 'four'];

let folder: string;
let paths: readonly string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-replace-'));
  paths = NAMES.map((name) => join(folder, name));
  // The third is not there yet.
  for (const path of paths) if (!path.endsWith('three')) await writeFile(path, 'old', { mode: 0o600 });
  renames = 0;
});
afterEach(async () => {
  Object.assign(broken, { renames: new Set(), links: false });
  await rm(folder, { recursive: true, force: true });
});

const replace = () => replaceFiles(new Map(paths.map((path) => [path, 'new'])));
const texts = async () =>
  Object.fromEntries(
    await Promise.all((await readdir(folder)).map(async (name) => [name, await readFile(join(folder, name), 'utf8')])),
  ) as Record<string, string>;

describe.each([false, true])('files that are replaced, without hard links: %s', (links) => {
  beforeEach(() => {
    broken.links = links;
  });

  it('are all new, for their owner alone, and nothing is left beside them', async () => {
    await replace();
    expect(await texts()).toEqual({ one: 'new', two: 'new', three: 'new', four: 'new' });
    for (const path of paths) expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it.each([1, 2, 3, 4])(
    'are all as they were where name %i is not given, and nothing is left beside them',
    async (failing) => {
      broken.renames = new Set([failing]);
      await expect(replace()).rejects.toMatchObject({ code: 'EIO' });
      expect(await texts()).toEqual({ one: 'old', two: 'old', four: 'old' });
    },
  );
});

it('a folder in the place of one of them leaves all as they were', async () => {
  await rm(join(folder, 'four'));
  await mkdir(join(folder, 'four', 'full'), { recursive: true });
  await expect(replace()).rejects.toMatchObject({ code: expect.stringMatching(/^E(ISDIR|PERM|NOTSUP)$/) });
  expect((await readdir(folder)).sort()).toEqual(['four', 'one', 'two']);
  for (const name of ['one', 'two']) expect(await readFile(join(folder, name), 'utf8')).toBe('old');
});

it('those that cannot be put back are told, each with what it was', async () => {
  // The fourth is not given its name, and of those before it the second not what it had.
  broken.renames = new Set([4, 6]);
  const refusal = await replace().catch((error: Error) => error);
  const [, before = ''] =
    /these are new while all others are as before: \S+two \(before: (\S+)\); clear/.exec(String(refusal)) ?? [];
  expect(String(refusal)).toMatch(/^ServiceStartError: It failed half-way \(EIO: \S+four\)/);
  expect(await readFile(before, 'utf8')).toBe('old');
  expect(Object.keys(await texts())).toHaveLength(4);
  expect(await texts()).toMatchObject({ one: 'old', two: 'new', four: 'old' });
});
