import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { filesystemStore } from '../../../subgraphs/storage/persistence/objects/filesystemStore.js';
import { ObjectMissing, type ObjectStore } from '../../../subgraphs/storage/usecases/ports.js';

describe('filesystemStore', () => {
  let root: string;
  let store: ObjectStore;
  const uploadId = newId('upload');
  const object = { key: `${uploadId}/1-a`, bytes: 5 };

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'tollgate-objects-'));
    store = filesystemStore(root);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function* body(...texts: string[]): AsyncGenerator<Buffer> {
    for (const text of texts) yield Buffer.from(text);
  }
  const read = async (start: number, end: number) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of store.read(object, { start, end })) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };

  it('keeps an object for its user alone, and gives ranges of it', async () => {
    await store.put(object, body('he', '', 'llo'));
    expect([await read(0, 5), await read(1, 3), await read(3, 99), await read(2, 2)]).toEqual([
      'hello',
      'el',
      'lo',
      '',
    ]);
    const folder = join(root, uploadId.slice(-2), uploadId);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, '1-a'))).mode & 0o777).toBe(0o600);
    expect(await store.keysOf(uploadId)).toEqual([object.key]);
  });

  it('keeps nothing of a body that breaks off or has another length', async () => {
    async function* breaking(): AsyncGenerator<Buffer> {
      yield Buffer.from('he');
      throw new Error('gone');
    }
    await expect(store.put(object, breaking())).rejects.toThrow('gone');
    await expect(store.put(object, body('hell'))).rejects.toThrow('5 bytes were announced');
    expect(await store.keysOf(uploadId)).toEqual([]);
    await expect(read(0, 1)).rejects.toThrow(ObjectMissing);
  });

  it('deletes, twice too, and leaves no empty folder', async () => {
    await store.put(object, body('hello'));
    await store.delete(object.key);
    await store.delete(object.key);
    expect(await readdir(join(root, uploadId.slice(-2)))).toEqual([]);
  });

  it('knows no key that leads elsewhere', async () => {
    for (const key of ['../x', `${uploadId}/../x`, `${uploadId}/a/b`, `/etc/passwd`, `upl_x/1-a`, `${uploadId}/`]) {
      await expect(store.delete(key)).rejects.toThrow('not the name');
      await expect(store.put({ key, bytes: 1 }, body('x'))).rejects.toThrow('not the name');
    }
    await expect(store.keysOf('..')).rejects.toThrow('not the name');
  });
});
