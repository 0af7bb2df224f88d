import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeyring } from '../../../subgraphs/storage/persistence/keys/keyring.js';

describe('openKeyring', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tollgate-keys-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('makes one key, for its user alone, also when many start at once', async () => {
    const rings = await Promise.all(Array.from({ length: 8 }, () => openKeyring(folder, 'url', { mayMake: true })));
    expect(new Set(rings.map(({ current }) => current.key.toString('hex'))).size).toBe(1);
    expect(await readdir(folder)).toEqual(['url-0001.key']);
    expect((await stat(join(folder, 'url-0001.key'))).mode & 0o777).toBe(0o600);
  });

  it('uses the highest number and keeps the others', async () => {
    const first = await openKeyring(folder, 'object', { mayMake: true });
    await writeFile(join(folder, 'object-0012.key'), `${Buffer.alloc(32, 7).toString('base64url')}\n`);
    const rotated = await openKeyring(folder, 'object', { mayMake: false });
    expect(rotated.current).toEqual({ number: 12, key: Buffer.alloc(32, 7) });
    expect(rotated.byNumber(1)?.equals(first.current.key)).toBe(true);
    expect(rotated.byNumber(2)).toBeNull();
    // A replica that was not started again yet: it opens what the other sealed, and seals as before.
    expect(first.byNumber(12)?.equals(Buffer.alloc(32, 7))).toBe(true);
    expect(first.byNumber(1)?.equals(first.current.key)).toBe(true);
    expect(first.current.number).toBe(1);
  });

  it('does not replace a lost key, and takes no key of another length', async () => {
    await expect(openKeyring(folder, 'object', { mayMake: false })).rejects.toThrow('put the lost key back');
    await writeFile(join(folder, 'object-0001.key'), 'short');
    await expect(openKeyring(folder, 'object', { mayMake: true })).rejects.toThrow('32 bytes');
  });
});
