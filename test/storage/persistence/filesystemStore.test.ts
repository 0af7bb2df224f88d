import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { filesystemStore } from '../../../subgraphs/storage/persistence/objects/filesystemStore.js';
import type { ObjectStore } from '../../../subgraphs/storage/usecases/ports.js';
import { bodyOf, objectStoreContract } from '../support/objectStoreContract.js';

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

  objectStoreContract(() => store);

  it('keeps an object for its user alone', async () => {
    await store.put(object, bodyOf('hello'));
    const folder = join(root, uploadId.slice(-2), uploadId);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, '1-a'))).mode & 0o777).toBe(0o600);
  });

  it('leaves no empty folder where it deletes', async () => {
    await store.put(object, bodyOf('hello'));
    await store.delete(object.key);
    expect(await readdir(join(root, uploadId.slice(-2)))).toEqual([]);
  });
});
