import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadReceiptKeys } from '../../../subgraphs/accounting/persistence/receiptKeys.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-receipts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('replicas that start at once on one file of keys have the same', async () => {
  const file = join(folder, 'shared', 'receipts.jwks');
  const replicas = await Promise.all(
    Array.from({ length: 8 }, (_, n) => loadReceiptKeys(join(folder, `home${n}`), 'http://tollgate.test', file)),
  );
  const [first] = replicas;
  expect(first?.published.keys).toHaveLength(1);
  for (const { published } of replicas) expect(published).toEqual(first?.published);
  expect(await readdir(join(folder, 'shared'))).toEqual(['receipts.jwks']);
});
