import { randomUUID } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { readStorageConfig } from '../../subgraphs/storage/config.js';
import { freeBytesOf } from '../../subgraphs/storage/persistence/objects/freeBytes.js';
import {
  codeOf,
  put,
  putParts,
  type ShownRefusal,
  StorageBench,
  sha256,
  someBytes,
  type TestPerson,
} from './support/storage.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const DAY_MS = 86_400_000;

interface Provisioned {
  readonly drive: { readonly id: string } | null;
  readonly refusal: ShownRefusal | null;
}

const provision = (
  bench: StorageBench,
  ownerId: string,
  quota: number,
  grantId: string = newId('grant'),
): Promise<Provisioned> =>
  bench.ask(
    `mutation ($input: ProvisionDriveInput!) {
       provisionDrive(input: $input) { drive { id } refusal { code message } } }`,
    {
      idempotencyKey: randomUUID(),
      grantId,
      ownerId,
      name: 'results',
      quota: String(quota),
      startsAt: new Date(Date.now() - DAY_MS).toISOString(),
      endsAt: new Date(Date.now() + DAY_MS).toISOString(),
    },
    undefined,
    'access',
  );

describe('room for drives and bytes', () => {
  let bench: StorageBench;
  let person: TestPerson;
  let free: number;

  beforeAll(async () => {
    bench = await StorageBench.start({}, async () => BigInt(free));
    person = await bench.person();
  });
  // 10 GiB besides the reserve.
  beforeEach(() => {
    free = 11 * GIB;
  });
  // What a test made is over for the next one: closed, and long past its time to be read.
  afterEach(() => bench.sql(`UPDATE drive SET status = 'CLOSED'`));
  afterAll(() => bench.stop());

  const codeFor = async (quota: number): Promise<string | null> =>
    (await provision(bench, person.userId, quota)).refusal?.code ?? null;

  it('CAPACITY_EXCEEDED: a drive that the disk has no room for is not made', async () => {
    const grantId = newId('grant');
    const { drive, refusal } = await provision(bench, person.userId, 1_000_000 * GIB, grantId);
    expect([drive, refusal?.code]).toEqual([null, 'CAPACITY_EXCEEDED']);
    expect(await bench.sql('SELECT id FROM drive WHERE grant_id = $1', grantId)).toEqual([]);
    expect(await bench.sql('SELECT outcome FROM platform.audit_entry WHERE target = $1', grantId)).toEqual([
      { outcome: 'CAPACITY_EXCEEDED' },
    ]);
    // The chain that undoes it closes the grant.
    expect(await bench.setDrive('closeDrive', grantId)).toEqual({ drive: null, refusal: null });
  });

  it('gives room away to the last byte, once', async () => {
    expect(await codeFor(10 * GIB + 1)).toBe('CAPACITY_EXCEEDED');
    expect(await codeFor(4 * GIB)).toBeNull();
    expect(await codeFor(6 * GIB + 1)).toBe('CAPACITY_EXCEEDED');
    expect(await codeFor(6 * GIB)).toBeNull();
    expect(await codeFor(1)).toBe('CAPACITY_EXCEEDED');
  });

  it('never promises the last room twice: 20 drives at the same time', async () => {
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeFor(3 * GIB)));
    expect(codes.filter((code) => code === null)).toHaveLength(3);
    expect(codes.filter((code) => code === 'CAPACITY_EXCEEDED')).toHaveLength(17);
    const [row] = await bench.sql(`SELECT count(*)::int AS drives FROM drive WHERE status <> 'CLOSED'`);
    expect(row).toEqual({ drives: 3 });
  });

  it('counts a drive until it is closed, and no more once it is READ_ONLY or CLOSED', async () => {
    const inactive = newId('grant');
    await provision(bench, person.userId, 10 * GIB, inactive);
    expect(await codeFor(1)).toBe('CAPACITY_EXCEEDED');
    await bench.setDrive('closeDrive', inactive);

    const { grantId } = await bench.drive(person.userId, { quota: 10 * GIB });
    expect(await codeFor(1)).toBe('CAPACITY_EXCEEDED');
    // After its window too, until it is closed: an extension of it may be on its way.
    bench.clockShiftMs = 31 * 86_400_000;
    expect(await codeFor(1)).toBe('CAPACITY_EXCEEDED');
    bench.clockShiftMs = 0;
    // Else a large drive, asked for and given back again and again, would keep everybody out for its 14 days.
    await bench.setDrive('closeDrive', grantId);
    expect(await codeFor(10 * GIB)).toBeNull();
  });

  it('counts of a quota only what is not on the disk yet: parts, versions, not reservations', async () => {
    const drive = await bench.drive(person.userId, { quota: 10 * GIB });
    const bytes = someBytes(6 * MIB);
    const upload = await bench.begun(person.token, drive.id, 'a.bin', bytes, 5 * MIB);
    expect(await codeFor(1)).toBe('CAPACITY_EXCEEDED');
    const [first] = upload.parts;
    expect((await put(first?.url ?? '', bytes.subarray(0, 5 * MIB))).status).toBe(200);
    // The port does not see what was written: as if the disk had been given as much.
    expect(await codeFor(5 * MIB + 1)).toBe('CAPACITY_EXCEEDED');
    expect(await codeFor(5 * MIB)).toBeNull();
    await putParts(upload, bytes);
    expect((await bench.complete(person.token, upload.id)).refusal).toBeNull();
    expect(await codeFor(MIB + 1)).toBe('CAPACITY_EXCEEDED');
    expect(await codeFor(MIB)).toBeNull();
  });

  it('CAPACITY_EXCEEDED: takes no bytes that would leave less than the reserve, and goes on when there is room', async () => {
    const drive = await bench.drive(person.userId, { quota: 10 * MIB });
    const bytes = someBytes(1_000);
    const begin = () =>
      bench.begin(person.token, { driveId: drive.id, path: 'a.bin', size: '1000', sha256: sha256(bytes) });
    free = GIB + 999;
    expect((await begin()).refusal?.code).toBe('CAPACITY_EXCEEDED');
    expect((await bench.usage(person.token, drive.id)).total).toBe('0');
    free = GIB + 1_000;
    const { upload } = await begin();
    if (upload === null) throw new Error('refused');

    free = GIB + 999;
    const answer = await put(upload.parts[0]?.url ?? '', bytes);
    expect([answer.status, await codeOf(answer)]).toEqual([507, 'CAPACITY_EXCEEDED']);
    expect((await bench.complete(person.token, upload.id)).refusal?.code).toBe('PARTS_MISSING');
    free = GIB + 1_000;
    await putParts(upload, bytes);
    const { file } = await bench.complete(person.token, upload.id);
    free = 0;
    const read = await fetch(await bench.urlOf(person.token, file?.id ?? ''));
    expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true);
  });
});

describe('STORAGE_CAPACITY_BYTES', () => {
  it('stands in place of the disk for drives, what is stored included; bytes still need the disk', async () => {
    let free = 2 * GIB;
    const bench = await StorageBench.start({ capacityBytes: BigInt(50 * GIB) }, async () => BigInt(free));
    try {
      const { userId, token } = await bench.person();
      const codeFor = async (quota: number) => (await provision(bench, userId, quota)).refusal?.code ?? null;
      expect(await codeFor(50 * GIB + 1)).toBe('CAPACITY_EXCEEDED');
      const drive = await bench.drive(userId, { quota: 20 * GIB });
      await bench.upload(token, drive.id, 'a.bin', someBytes(1_000));
      // What was stored in a drive is no longer promised, but it is not free either.
      expect(await codeFor(30 * GIB + 1)).toBe('CAPACITY_EXCEEDED');
      expect(await codeFor(30 * GIB)).toBeNull();
      free = GIB - 1;
      const late = { driveId: drive.id, path: 'b.bin', size: '0', sha256: sha256(Buffer.alloc(0)) };
      expect((await bench.begin(token, late)).refusal?.code).toBe('CAPACITY_EXCEEDED');
    } finally {
      await bench.stop();
    }
  });

  it('is a whole number of bytes, or absent', () => {
    const read = (value?: string) =>
      readStorageConfig('/home', value === undefined ? {} : { STORAGE_CAPACITY_BYTES: value }).capacityBytes;
    expect([read(), read('0'), read('500000000000')]).toEqual([null, 0n, 500_000_000_000n]);
    for (const value of ['', '-1', '1.5', '1e9', '10GiB', '9'.repeat(30)]) {
      expect(() => read(value), value).toThrow('STORAGE_CAPACITY_BYTES must be a whole number of bytes');
    }
  });
});

describe('freeBytesOf', () => {
  it('is what the file system says that an ordinary user may still write', async () => {
    const said = await freeBytesOf(tmpdir())();
    const { bsize, blocks } = await statfs(tmpdir(), { bigint: true });
    expect(said).toBeGreaterThan(0n);
    expect(said).toBeLessThanOrEqual(bsize * blocks);
  });
});
