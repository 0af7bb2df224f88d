import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
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

const MIB = 1_048_576;

describe('what storage refuses', () => {
  let bench: StorageBench;
  let person: TestPerson;
  let drive: { readonly id: string; readonly grantId: string };

  beforeAll(async () => {
    bench = await StorageBench.start();
    person = await bench.person();
  });
  beforeEach(async () => {
    drive = await bench.drive(person.userId, { quota: 10 * MIB });
  });
  afterAll(() => bench.stop());

  const begin = async (input: Record<string, unknown>): Promise<ShownRefusal | null> => {
    const defaults = { driveId: drive.id, path: 'a.bin', size: '10', sha256: sha256(Buffer.from('x')) };
    return (await bench.begin(person.token, { ...defaults, ...input })).refusal;
  };

  it.each([
    [{ path: '../x' }, 'PATH_INVALID', 'path'],
    [{ path: '' }, 'PATH_INVALID', 'path'],
    [{ path: 'a\u0000b' }, 'PATH_INVALID', 'path'],
    [{ path: 'x'.repeat(2_000) }, 'PATH_INVALID', 'path'],
    [{ sha256: 'abc' }, 'INVALID_INPUT', 'sha256'],
    [{ sha256: 'g'.repeat(64) }, 'INVALID_INPUT', 'sha256'],
    [{ partSize: String(5 * MIB - 1) }, 'INVALID_INPUT', 'partSize'],
    [{ partSize: String(64 * MIB + 1) }, 'INVALID_INPUT', 'partSize'],
    [{ size: '9'.repeat(38) }, 'INVALID_INPUT', 'size'],
    [{ idempotencyKey: '' }, 'INVALID_INPUT', 'idempotencyKey'],
    [{ idempotencyKey: 'é' }, 'INVALID_INPUT', 'idempotencyKey'],
  ])('beginUpload %j: %s at %s', async (input, code, at) => {
    expect(await begin(input)).toMatchObject({ code, path: [at] });
    expect((await bench.usage(person.token, drive.id)).total).toBe('0');
  });

  it('QUOTA_EXCEEDED: one byte too many, and nothing is reserved', async () => {
    expect(await begin({ size: String(10 * MIB + 1) })).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      // Both are in the graph.
      message: expect.stringMatching(/\(abortUpload\).* requestAccess\.$/),
    });
    expect((await bench.usage(person.token, drive.id)).total).toBe('0');
    expect(await begin({ size: String(10 * MIB) })).toBeNull();
    expect((await bench.usage(person.token, drive.id)).incomplete).toBe(String(10 * MIB));
  });

  it('never goes over the quota in a race of 20 uploads', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => begin({ size: String(MIB) })));
    expect(answers.filter((refusal) => refusal === null)).toHaveLength(10);
    expect(answers.filter((refusal) => refusal?.code === 'QUOTA_EXCEEDED')).toHaveLength(10);
    expect((await bench.usage(person.token, drive.id)).total).toBe(String(10 * MIB));
  });

  it('DRIVE_NOT_ACTIVE: before activation, outside the window, after closing; what is there can still be read', async () => {
    const inactive = await bench.drive(person.userId, { activate: false });
    expect(await begin({ driveId: inactive.id })).toMatchObject({ code: 'DRIVE_NOT_ACTIVE' });
    const future = await bench.drive(person.userId, { startsAt: new Date(Date.now() + 60_000) });
    expect(await begin({ driveId: future.id })).toMatchObject({ code: 'DRIVE_NOT_ACTIVE' });

    const bytes = someBytes(100);
    const file = await bench.upload(person.token, drive.id, 'kept.bin', bytes);
    const open = await bench.begun(person.token, drive.id, 'late.bin', bytes);
    await bench.setDrive('closeDrive', drive.grantId);
    expect(await begin({})).toMatchObject({ code: 'DRIVE_NOT_ACTIVE' });
    const answer = await put(open.parts[0]?.url ?? '', bytes);
    expect([answer.status, await codeOf(answer)]).toEqual([403, 'DRIVE_NOT_ACTIVE']);
    expect((await bench.complete(person.token, open.id)).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
    const read = await fetch(await bench.urlOf(person.token, file.id));
    expect(Buffer.from(await read.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it('DRIVE_NOT_ACTIVE: the window ends by itself, reading 14 days later, signed URLs included', async () => {
    const ending = await bench.drive(person.userId, { endsAt: new Date(Date.now() + 3_600_000) });
    const file = await bench.upload(person.token, ending.id, 'a.bin', someBytes(10));
    try {
      bench.clockShiftMs = 3_600_000;
      expect(await begin({ driveId: ending.id })).toMatchObject({ code: 'DRIVE_NOT_ACTIVE' });
      const url = await bench.urlOf(person.token, file.id);
      expect((await fetch(url)).status).toBe(200);
      bench.clockShiftMs = 3_600_000 + 14 * 86_400_000 - 60_000;
      const late = await bench.urlOf(person.token, file.id);
      expect((await fetch(late)).status).toBe(200);
      bench.clockShiftMs = 3_600_000 + 14 * 86_400_000;
      const answer = await fetch(late);
      expect([answer.status, await codeOf(answer)]).toEqual([403, 'DRIVE_NOT_ACTIVE']);
      expect((await bench.download(person.token, file.id)).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
    } finally {
      bench.clockShiftMs = 0;
    }
  });

  it('CHECKSUM_MISMATCH: nothing is visible, and the right bytes can still be sent', async () => {
    const bytes = someBytes(1_000);
    const upload = await bench.begun(person.token, drive.id, 'checksum.bin', bytes);
    await putParts(upload, someBytes(1_000));
    const { refusal, file } = await bench.complete(person.token, upload.id);
    expect([refusal?.code, file]).toEqual(['CHECKSUM_MISMATCH', null]);
    const { errors } = await bench.harness.call(
      'query ($id: ID!) { file(driveId: $id, path: "checksum.bin") { id } }',
      { id: drive.id },
      { token: person.token },
    );
    expect(errors[0]?.extensions.code).toBe('NOT_FOUND');
    await putParts(upload, bytes);
    expect((await bench.complete(person.token, upload.id)).file?.sha256).toBe(sha256(bytes));
  });

  it('PARTS_MISSING: until the last has arrived', async () => {
    const bytes = someBytes(9 * MIB);
    const upload = await bench.begun(person.token, drive.id, 'missing.bin', bytes);
    await put(upload.parts[1]?.url ?? '', bytes.subarray(8 * MIB));
    const { refusal } = await bench.complete(person.token, upload.id);
    expect(refusal).toMatchObject({ code: 'PARTS_MISSING', message: '1 of 2 parts are missing, part 1 among them.' });
  });

  it('UPLOAD_NOT_OPEN: after completing, aborting and expiry', async () => {
    const bytes = someBytes(100);
    const done = await bench.begun(person.token, drive.id, 'done.bin', bytes);
    await putParts(done, bytes);
    await bench.complete(person.token, done.id);
    const late = await put(done.parts[0]?.url ?? '', bytes);
    expect([late.status, await codeOf(late)]).toEqual([409, 'UPLOAD_NOT_OPEN']);
    expect((await bench.abort(person.token, done.id)).refusal?.code).toBe('UPLOAD_NOT_OPEN');

    const aborted = await bench.begun(person.token, drive.id, 'aborted.bin', bytes);
    expect((await bench.abort(person.token, aborted.id)).upload?.status).toBe('ABORTED');
    expect((await bench.abort(person.token, aborted.id)).upload?.status).toBe('ABORTED');
    expect((await bench.complete(person.token, aborted.id)).refusal?.code).toBe('UPLOAD_NOT_OPEN');
    const gone = await put(aborted.parts[0]?.url ?? '', bytes);
    expect([gone.status, await codeOf(gone)]).toEqual([409, 'UPLOAD_NOT_OPEN']);

    const expiring = await bench.begun(person.token, drive.id, 'expiring.bin', bytes);
    await putParts(expiring, bytes);
    try {
      bench.clockShiftMs = 86_400_000;
      expect((await bench.complete(person.token, expiring.id)).refusal?.code).toBe('UPLOAD_NOT_OPEN');
      const expired = await put(expiring.parts[0]?.url ?? '', bytes);
      expect([expired.status, await codeOf(expired)]).toEqual([403, 'URL_EXPIRED']);
    } finally {
      bench.clockShiftMs = 0;
    }
  });

  it('gives the same answer to the same key, and IDEMPOTENCY_KEY_REUSED to other input', async () => {
    const bytes = someBytes(100);
    const key = randomUUID();
    const input = { idempotencyKey: key, driveId: drive.id, path: 'once.bin', size: '100', sha256: sha256(bytes) };
    const first = await bench.begin(person.token, input);
    const again = await bench.begin(person.token, input);
    expect(again.upload?.id).toBe(first.upload?.id);
    expect((await bench.usage(person.token, drive.id)).incomplete).toBe('100');
    expect((await bench.begin(person.token, { ...input, size: '101' })).refusal?.code).toBe('IDEMPOTENCY_KEY_REUSED');
    if (first.upload === null) throw new Error('refused');
    await putParts(first.upload, bytes);
    const [one, two] = await Promise.all([
      bench.complete(person.token, first.upload.id, 'complete-once'),
      bench.complete(person.token, first.upload.id, 'complete-once'),
    ]);
    const other = await bench.complete(person.token, first.upload.id);
    expect(two).toEqual(one);
    expect(other).toEqual(one);
    expect(one.file?.sha256).toBe(sha256(bytes));
    expect(await bench.usage(person.token, drive.id)).toMatchObject({ live: '100', versions: '0', incomplete: '0' });
  });

  it('LIMIT_EXCEEDED: a thousand open uploads', async () => {
    await bench.sql('UPDATE drive SET open_uploads = 1000 WHERE id = $1', drive.id);
    expect(await begin({})).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('refuses what the access service asks wrongly', async () => {
    const ask = (mutation: string, input: Record<string, unknown>) =>
      bench.ask<{ refusal: ShownRefusal | null }>(
        `mutation ($input: ProvisionDriveInput!) { ${mutation}(input: $input) { refusal { code ... on InvalidInput { path } } } }`,
        {
          idempotencyKey: randomUUID(),
          grantId: newId('grant'),
          ownerId: person.userId,
          name: 'd',
          quota: '1',
          startsAt: '2026-01-01T00:00:00Z',
          endsAt: '2026-02-01T00:00:00Z',
          ...input,
        },
        undefined,
        'access',
      );
    for (const [input, at] of [
      [{ grantId: 'grt_x' }, 'grantId'],
      [{ grantId: drive.grantId }, 'grantId'],
      [{ ownerId: newId('account') }, 'ownerId'],
      [{ name: ' ' }, 'name'],
      [{ quota: '0' }, 'quota'],
      [{ quota: '9223372036854775808' }, 'quota'],
      [{ endsAt: '2026-01-01T00:00:00Z' }, 'endsAt'],
    ] as const) {
      const { refusal } = await ask('provisionDrive', input);
      expect(refusal, JSON.stringify(input)).toMatchObject({ code: 'INVALID_INPUT', path: [at] });
    }
    expect((await bench.setDrive('closeDrive', 'x')).refusal?.code).toBe('INVALID_INPUT');
  });

  it('keeps a late provisionDrive from making a drive for a closed grant', async () => {
    const grantId = newId('grant');
    expect(await bench.setDrive('closeDrive', grantId)).toEqual({ drive: null, refusal: null });
    const { refusal } = await bench.ask<{ refusal: ShownRefusal }>(
      'mutation ($input: ProvisionDriveInput!) { provisionDrive(input: $input) { refusal { code } } }',
      {
        idempotencyKey: randomUUID(),
        grantId,
        ownerId: person.userId,
        name: 'd',
        quota: '1',
        startsAt: '2026-01-01T00:00:00Z',
        endsAt: '2026-02-01T00:00:00Z',
      },
      undefined,
      'access',
    );
    expect(refusal.code).toBe('DRIVE_NOT_ACTIVE');
  });

  it('goes through the life of a drive', async () => {
    const unused = await bench.drive(person.userId, { activate: false });
    expect((await bench.setDrive('closeDrive', unused.grantId)).drive?.status).toBe('CLOSED');
    expect((await bench.setDrive('activateDrive', unused.grantId)).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
    expect((await bench.setDrive('activateDrive', drive.grantId)).drive?.status).toBe('ACTIVE');
    expect((await bench.setDrive('closeDrive', drive.grantId)).drive?.status).toBe('READ_ONLY');
    expect((await bench.setDrive('closeDrive', drive.grantId)).drive?.status).toBe('READ_ONLY');
  });
});
