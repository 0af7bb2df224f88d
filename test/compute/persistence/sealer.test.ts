import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fileSealer } from '../../../subgraphs/compute/persistence/sealer.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-sealer-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('replicas that start at once on one file open what each of them sealed', async () => {
  const file = join(folder, 'shared', 'sealing.key');
  const replicas = await Promise.all(Array.from({ length: 8 }, () => fileSealer(file)));
  for (const one of replicas) {
    const sealed = one.seal('a token');
    for (const other of replicas) expect(other.open(sealed)).toBe('a token');
  }
  expect(await readdir(join(folder, 'shared'))).toEqual(['sealing.key']);
});
