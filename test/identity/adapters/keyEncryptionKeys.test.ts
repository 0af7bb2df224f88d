import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadKeyEncryptionKeys } from '../../../subgraphs/identity/adapters/keyEncryptionKeys.js';

let home: string;
let file: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-kek-'));
  file = join(home, 'keys', 'identity', 'key-encryption.key');
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe('key-encryption keys', () => {
  it('are made once, for their owner alone', async () => {
    const made = await loadKeyEncryptionKeys(home, { mayMake: true });
    expect(made.keys).toHaveLength(1);
    expect(made.keys[0]?.bytes).toHaveLength(32);
    expect((await loadKeyEncryptionKeys(home, { mayMake: true })).keys).toEqual(made.keys);
    expect((await loadKeyEncryptionKeys(home, { mayMake: false })).keys).toEqual(made.keys);
    expect((await stat(join(home, 'keys', 'identity'))).mode & 0o777).toBe(0o700);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toMatch(/^[\w-]{43}\n$/);
  });

  it('are named by a digest that tells nothing of them', async () => {
    const { keys } = await loadKeyEncryptionKeys(home, { mayMake: true });
    expect(keys[0]?.id).toMatch(/^[0-9a-f]{16}$/);
    expect(keys[0]?.bytes.toString('hex')).not.toContain(keys[0]?.id);
  });

  it('are two while they rotate, the newest first, also for the next process', async () => {
    const keys = await loadKeyEncryptionKeys(home, { mayMake: true });
    const [first = ''] = keys.ids;
    const second = await keys.makeNext();
    expect(keys.ids).toEqual([second, first]);
    expect((await loadKeyEncryptionKeys(home, { mayMake: false })).ids).toEqual([second, first]);
    const third = await keys.makeNext();
    await keys.dropOlderThan(second);
    expect(keys.ids).toEqual([third, second]);
    await keys.dropOlderThan(first);
    await keys.dropOlderThan(third);
    expect((await loadKeyEncryptionKeys(home, { mayMake: false })).ids).toEqual([third]);
  });

  it('are all kept where several are made at once', async () => {
    const keys = await loadKeyEncryptionKeys(home, { mayMake: true });
    const [first] = keys.ids;
    const made = await Promise.all(Array.from({ length: 5 }, () => keys.makeNext()));
    expect(keys.ids).toEqual([...made.reverse(), first]);
    expect((await loadKeyEncryptionKeys(home, { mayMake: false })).ids).toEqual(keys.ids);
  });

  it('are one file of several replicas, where each knows at once what another made', async () => {
    const shared = join(home, 'shared', 'kek');
    const replicas = await Promise.all(
      ['a', 'b', 'c'].map((name) => loadKeyEncryptionKeys(join(home, name), { mayMake: true, file: shared })),
    );
    const [first = ''] = replicas[0]?.ids ?? [];
    for (const { ids } of replicas) expect(ids).toEqual([first]);
    const second = await replicas[1]?.makeNext();
    for (const { ids, keys } of replicas) {
      expect(ids).toEqual([second, first]);
      expect(keys.map(({ id }) => id)).toEqual(ids);
    }
    await replicas[2]?.dropOlderThan(second ?? '');
    for (const { ids } of replicas) expect(ids).toEqual([second]);
  });

  it('are never made anew for a database that is sealed already', async () => {
    await expect(loadKeyEncryptionKeys(home, { mayMake: false })).rejects.toThrow(
      /key-encryption\.key is missing.*put the file back/,
    );
  });

  it('are not what is no key', async () => {
    await loadKeyEncryptionKeys(home, { mayMake: true });
    for (const content of ['short', '', `${'A'.repeat(43)}\nshort\n`]) {
      await writeFile(file, content);
      await expect(loadKeyEncryptionKeys(home, { mayMake: true })).rejects.toThrow('holds no key of 32 bytes');
    }
  });
});
