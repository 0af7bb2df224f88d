import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { s3Store } from '../../../subgraphs/storage/persistence/objects/s3/s3Store.js';
import { bodyOf, bytesOf, objectStoreContract } from '../../storage/support/objectStoreContract.js';
import { type Radosgw, startRadosgw } from '../services/radosgw.js';
import { makeBucket } from './support.js';

const BUCKET = 'objects';

let ceph: Radosgw;
let client: S3Client;
beforeAll(async () => {
  ceph = await startRadosgw();
  ({ client } = await makeBucket(ceph, BUCKET));
});
afterAll(async () => {
  client?.destroy();
  await ceph?.stop();
});

describe('s3Store', () => {
  objectStoreContract(() => s3Store({ client, bucket: BUCKET, prefix: 'center/objects/' }));

  it('lists and deletes more objects than one answer has', async () => {
    const store = s3Store({ client, bucket: BUCKET, prefix: 'many/' });
    const uploadId = newId('upload');
    const keys = Array.from({ length: 1_203 }, (_, index) => `${uploadId}/${index}-a`);
    const waiting = [...keys];
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (let key = waiting.pop(); key !== undefined; key = waiting.pop())
          await store.put({ key, bytes: 1 }, bodyOf('a'));
      }),
    );
    expect([...(await store.keysOf(uploadId))].sort()).toEqual([...keys].sort());
    await store.delete(...keys);
    expect(await store.keysOf(uploadId)).toEqual([]);
  });

  it('keeps what is below one prefix from another', async () => {
    const [one, other] = ['', 'other/'].map((prefix) => s3Store({ client, bucket: BUCKET, prefix }));
    const object = { key: `${newId('upload')}/1-a`, bytes: 5 };
    await one?.put(object, bodyOf('hello'));
    await expect(bytesOf(other ?? never(), object)).rejects.toThrow();
    expect((await bytesOf(one ?? never(), object)).toString()).toBe('hello');
  });
});

const never = (): never => {
  throw new Error('unreachable');
};
