import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadKeyEncryptionKey } from '../../../subgraphs/identity/adapters/keyEncryptionKey.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-kek-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe('key-encryption key', () => {
  it('is made once, for its owner alone', async () => {
    const made = await loadKeyEncryptionKey(home, { mayMake: true });
    expect(made).toHaveLength(32);
    expect(await loadKeyEncryptionKey(home, { mayMake: true })).toEqual(made);
    expect(await loadKeyEncryptionKey(home, { mayMake: false })).toEqual(made);
    const folder = join(home, 'keys', 'identity');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'key-encryption.key'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'key-encryption.key'), 'utf8')).toMatch(/^[\w-]{43}\n$/);
  });

  it('is never made anew for a database that is sealed already', async () => {
    await expect(loadKeyEncryptionKey(home, { mayMake: false })).rejects.toThrow(
      /key-encryption\.key is missing.*put the file back/,
    );
  });

  it('is not what is no key', async () => {
    await loadKeyEncryptionKey(home, { mayMake: true });
    await writeFile(join(home, 'keys', 'identity', 'key-encryption.key'), 'short');
    await expect(loadKeyEncryptionKey(home, { mayMake: true })).rejects.toThrow('is not a key of 32 bytes');
  });
});
