import { randomUUID } from 'node:crypto';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  codeOf,
  put,
  putParts,
  StorageBench,
  someBytes,
  type TestFile,
  type TestPerson,
} from '../../storage/support/storage.js';
import { type Radosgw, startRadosgw } from '../services/radosgw.js';
import { makeBucket, variablesOf } from './support.js';

const MIB = 2 ** 20;
const BUCKET = 'journey';
const PREFIX = 'center/objects/';
const patience = { timeout: 30_000 };

let ceph: Radosgw;
let client: S3Client;
let bench: StorageBench;
let person: TestPerson;
beforeAll(async () => {
  ceph = await startRadosgw();
  const bucket = await makeBucket(ceph, BUCKET, { STORAGE_S3_PREFIX: PREFIX });
  client = bucket.client;
  const capacityBytes = BigInt(variablesOf(ceph, BUCKET)['STORAGE_CAPACITY_BYTES'] ?? '');
  bench = await StorageBench.start({ s3: bucket.config, capacityBytes });
  person = await bench.person();
});
afterAll(async () => {
  await bench?.stop();
  client?.destroy();
  await ceph?.stop();
});

/** The names of the bucket's objects that storage has put there. */
async function names(): Promise<readonly string[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  return Contents.map(({ Key = '' }) => Key);
}

/** Uploads a file in parts, the second first and the first twice. */
async function uploadInParts(driveId: string, path: string, bytes: Buffer): Promise<TestFile> {
  const upload = await bench.begun(person.token, driveId, path, bytes, 5 * MIB);
  const pieces = upload.parts.map(({ number, size, url }) => ({
    url,
    piece: bytes.subarray((number - 1) * 5 * MIB, (number - 1) * 5 * MIB + Number(size)),
  }));
  expect(pieces.length).toBe(3);
  for (const { url, piece } of [...pieces].reverse()) expect((await put(url, piece)).status).toBe(200);
  const [first] = pieces;
  if (first !== undefined) expect((await put(first.url, first.piece)).status).toBe(200);
  const { file, refusal } = await bench.complete(person.token, upload.id);
  if (file === null) throw new Error(`refused: ${refusal?.code}`);
  return file;
}

const readyOf = async () =>
  (await (await fetch(`${bench.harness.url}/health/ready`)).json()) as Record<string, unknown>;

it('a file goes through a bucket: sealed, in parts, in ranges; a purge leaves nothing', async () => {
  const drive = await bench.drive(person.userId);
  const bytes = someBytes(12 * MIB + 345);
  bytes.write('plain words that nobody may find in the bucket', 100);
  const file = await uploadInParts(drive.id, 'results/run.bin', bytes);
  // The part that was sent again left one object; the one before is gone.
  await expect.poll(names, patience).toHaveLength(3);
  for (const name of await names()) {
    expect(name).toMatch(/^center\/objects\/[0-9a-z]{2}\/upl_[0-9a-z]{26}\/\d-[0-9a-z]{26}$/);
    const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: name }));
    const stored = Buffer.from((await Body?.transformToByteArray()) ?? []);
    expect(stored.length).toBeGreaterThan(2 * MIB);
    expect(stored.includes('plain words')).toBe(false);
  }
  const url = await bench.urlOf(person.token, file.id);
  const whole = await fetch(url);
  expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
  for (const [start, end] of [
    [0, 1],
    [65_535, 65_537],
    [5 * MIB - 1, 5 * MIB + 1],
    [4 * MIB, 11 * MIB],
    [12 * MIB, 12 * MIB + 345],
  ] as const) {
    const answer = await fetch(url, { headers: { range: `bytes=${start}-${end - 1}` } });
    expect(answer.status).toBe(206);
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes.subarray(start, end))).toBe(true);
  }
  const closed = await bench.ask<{ refusal: unknown }>(
    'mutation ($input: CloseDriveInput!) { closeDrive(input: $input) { drive { status } refusal { code } } }',
    { idempotencyKey: randomUUID(), grantId: drive.grantId, purge: true },
    undefined,
    'access',
  );
  expect(closed.refusal).toBeNull();
  await expect.poll(names, patience).toEqual([]);
  expect((await fetch(url)).status).toBe(403);
});

it('what was changed in the bucket, cut off or taken away is not given out', async () => {
  const drive = await bench.drive(person.userId);
  const bytes = someBytes(300_000);
  const file = await bench.upload(person.token, drive.id, 'tampered.bin', bytes);
  const [Key = ''] = await names();
  const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
  const sealed = Buffer.from((await Body?.transformToByteArray()) ?? []);
  const url = await bench.urlOf(person.token, file.id);
  const answerTo = async (stored: Buffer) => {
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: stored }));
    const answer = await fetch(url, { headers: { range: 'bytes=0-99' } });
    return answer.status === 206 ? 206 : [answer.status, await codeOf(answer)];
  };
  const flipped = Buffer.from(sealed);
  flipped[1_000] = (flipped[1_000] ?? 0) ^ 1;
  expect(await answerTo(flipped)).toEqual([500, 'INTEGRITY_ERROR']);
  expect(await answerTo(sealed.subarray(0, 30_000))).toEqual([500, 'INTEGRITY_ERROR']);
  expect(await answerTo(Buffer.alloc(0))).toEqual([500, 'INTEGRITY_ERROR']);
  expect(await answerTo(sealed)).toBe(206);
});

it('a store that is away: uploads and downloads answer errors, the rest goes on, and all does when it is back', async () => {
  const drive = await bench.drive(person.userId);
  const bytes = someBytes(200_000);
  const kept = await bench.upload(person.token, drive.id, 'kept.bin', bytes);
  const url = await bench.urlOf(person.token, kept.id);
  const upload = await bench.begun(person.token, drive.id, 'late.bin', bytes);
  const [part] = upload.parts;
  if (part === undefined) throw new Error('no part');
  expect(await readyOf()).toMatchObject({ status: 'ready', objectStore: 'answers' });
  await ceph.pause();
  const refused = await put(part.url, bytes);
  expect([refused.status, await codeOf(refused)]).toEqual([500, 'INTERNAL']);
  const unread = await fetch(url);
  expect([unread.status, await codeOf(unread)]).toEqual([500, 'INTERNAL']);
  // What needs no bytes does not notice.
  expect((await bench.drive(person.userId)).id).toMatch(/^drv_/);
  await expect
    .poll(readyOf, patience)
    .toMatchObject({ status: 'ready', objectStore: expect.stringMatching(/^does not answer/) });
  await ceph.resume();
  await putParts(upload, bytes);
  const { file } = await bench.complete(person.token, upload.id);
  expect(file).toMatchObject({ path: 'late.bin', size: '200000' });
  expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true);
  await expect.poll(readyOf, patience).toMatchObject({ objectStore: 'answers' });
});

it('a restart finds its objects; with another prefix it does not start', async () => {
  const drive = await bench.drive(person.userId);
  const bytes = someBytes(100_000);
  const file = await bench.upload(person.token, drive.id, 'again.bin', bytes);
  await bench.harness.restart();
  const url = await bench.urlOf(person.token, file.id);
  expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true);
  const { config } = await makeBucket(ceph, BUCKET, { STORAGE_S3_PREFIX: 'elsewhere' });
  await expect(bench.startAnother({ s3: config })).rejects.toThrow(
    `The objects that storage's database names are not in the bucket ${BUCKET} at ${ceph.https}, below elsewhere/; put them there, or correct STORAGE_OBJECTS_DIR or STORAGE_S3_BUCKET to where they are.`,
  );
});
