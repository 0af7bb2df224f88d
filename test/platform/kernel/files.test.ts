import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileOnce } from '../../../platform/kernel/files.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('writeFileOnce', () => {
  it('leaves what one of many wrote, whole, with its mode and nothing beside it', async () => {
    const path = join(folder, 'once');
    const contents = Array.from({ length: 20 }, (_value, n) => String(n).repeat(10_000));
    await Promise.all(contents.map((content) => writeFileOnce(path, content, 0o600)));
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['once']);
  });

  it('changes nothing that is there', async () => {
    const path = join(folder, 'once');
    await writeFileOnce(path, 'first', 0o600);
    await writeFileOnce(path, 'second', 0o644);
    expect(await readFile(path, 'utf8')).toBe('first');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('tells where it cannot write', async () => {
    await expect(writeFileOnce(join(folder, 'no', 'folder'), 'x', 0o600)).rejects.toThrow('ENOENT');
  });
});
