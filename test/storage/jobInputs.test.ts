import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { codeOf, type ShownRefusal, StorageBench, sha256, someBytes, type TestPerson } from './support/storage.js';

interface ShownInput {
  readonly as: string;
  readonly path: string;
  readonly size: string;
  readonly sha256: string;
  readonly url: string | null;
}

const INPUT = 'as path size sha256 url';

describe('job inputs', () => {
  let bench: StorageBench;
  let person: TestPerson;
  let driveId: string;
  let token: string;
  const bytes = someBytes(5_000);

  beforeAll(async () => {
    bench = await StorageBench.start();
    person = await bench.person();
    driveId = (await bench.drive(person.userId)).id;
    await bench.upload(person.token, driveId, 'data/in.bin', bytes);
    token = await exchanged(person.userId);
  });
  afterAll(() => bench.stop());

  const exchanged = (userId: string, actor = 'compute', scopes = ['storage:read']): Promise<string> =>
    bench.harness.identity.issueToken({ subject: userId, audience: 'storage', actor, scopes });

  const pin = (input: Record<string, unknown>, asToken = token, as: 'access' | 'compute' | 'gateway' = 'compute') =>
    bench.ask<{ input: ShownInput | null; refusal: ShownRefusal | null }>(
      `mutation ($input: PinJobInputInput!) { pinJobInput(input: $input) {
         input { ${INPUT} } refusal { code message ... on InvalidInput { path } } } }`,
      { idempotencyKey: randomUUID(), driveId, path: 'data/in.bin', as: 'in.bin', ...input },
      asToken,
      as,
    );
  const sign = async (jobId: string, expiresInSeconds = 60) =>
    bench.ask<{ inputs: ShownInput[] | null; refusal: ShownRefusal | null }>(
      `mutation ($input: SignJobInputsInput!) { signJobInputs(input: $input) { inputs { ${INPUT} } refusal { code } } }`,
      { jobId, expiresInSeconds },
      undefined,
      'compute',
    );
  const unpin = (jobId: string, idempotencyKey: string = randomUUID()) =>
    bench.ask<{ inputs: ShownInput[] | null; refusal: ShownRefusal | null }>(
      `mutation ($input: UnpinJobInputsInput!) { unpinJobInputs(input: $input) { inputs { ${INPUT} } refusal { code } } }`,
      { jobId, idempotencyKey },
      undefined,
      'compute',
    );

  it('pins the version of now, signs it, and stops at once when unpinned', async () => {
    const jobId = newId('job');
    const key = randomUUID();
    const pinned = await pin({ jobId, idempotencyKey: key });
    const shown = { as: 'in.bin', path: 'data/in.bin', size: '5000', sha256: sha256(bytes), url: null };
    expect(pinned).toEqual({ input: shown, refusal: null });
    await bench.upload(person.token, driveId, 'data/in.bin', someBytes(10));
    expect(await pin({ jobId, idempotencyKey: key })).toEqual(pinned);

    const { inputs } = await sign(jobId);
    expect(inputs).toEqual([{ ...shown, url: expect.stringContaining(`/data/jobs/${jobId}/inputs/`) }]);
    const url = inputs?.[0]?.url ?? '';
    expect(Buffer.from(await (await fetch(url)).arrayBuffer()).equals(bytes)).toBe(true);
    expect((await fetch(url, { headers: { range: 'bytes=0-9' } })).status).toBe(206);

    const unpinned = await unpin(jobId, 'unpin');
    expect(unpinned.inputs).toEqual([shown]);
    expect(await unpin(jobId, 'unpin')).toEqual(unpinned);
    const answer = await fetch(url);
    expect([answer.status, await codeOf(answer)]).toEqual([403, 'URL_EXPIRED']);
    expect((await sign(jobId)).inputs).toEqual([]);
    await bench.upload(person.token, driveId, 'data/in.bin', bytes);
  });

  it('gives URLs that end with their time and with the drive, not with the session', async () => {
    const own = await bench.person();
    const drive = await bench.drive(own.userId);
    await bench.upload(own.token, drive.id, 'x', bytes);
    const jobId = newId('job');
    await pin({ jobId, driveId: drive.id, path: 'x' }, await exchanged(own.userId));
    const url = (await sign(jobId, 3_600)).inputs?.[0]?.url ?? '';
    bench.harness.identity.publish({ kind: 'SESSION', subject: own.sessionId, state: 'REVOKED' });
    bench.harness.identity.publish({ kind: 'USER', subject: own.userId, state: 'DISABLED' });
    await bench.setDrive('closeDrive', drive.grantId);
    expect((await fetch(url)).status).toBe(200);
    try {
      bench.clockShiftMs = 3_600_000;
      expect(await codeOf(await fetch(url))).toBe('URL_EXPIRED');
      bench.clockShiftMs = 15 * 86_400_000;
      const late = (await sign(jobId)).inputs?.[0]?.url ?? '';
      expect(await codeOf(await fetch(late))).toBe('DRIVE_NOT_ACTIVE');
    } finally {
      bench.clockShiftMs = 0;
    }
  });

  it('looks at the submitter’s right to read', async () => {
    const jobId = newId('job');
    const stranger = await exchanged(newId('user'));
    await expect(pin({ jobId }, stranger)).rejects.toThrow('NOT_FOUND');
    await expect(pin({ jobId, path: 'data/none' })).rejects.toThrow('NOT_FOUND');
    await expect(pin({ jobId, driveId: newId('drive') })).rejects.toThrow('NOT_FOUND');
    await expect(pin({ jobId }, person.token, 'gateway')).rejects.toThrow('FORBIDDEN');
    const byAccess = await exchanged(person.userId, 'access');
    await expect(pin({ jobId }, byAccess, 'access')).rejects.toThrow('FORBIDDEN');
    await expect(pin({ jobId }, await exchanged(person.userId, 'compute', ['storage:write']))).rejects.toThrow(
      'FORBIDDEN',
    );
    expect((await sign(jobId)).inputs).toEqual([]);
  });

  it('refuses what is malformed', async () => {
    const jobId = newId('job');
    expect((await pin({ jobId: 'x' })).refusal).toMatchObject({ code: 'INVALID_INPUT', path: ['jobId'] });
    expect((await pin({ jobId, path: '../x' })).refusal).toMatchObject({ code: 'PATH_INVALID', path: ['path'] });
    expect((await pin({ jobId, as: '../x' })).refusal).toMatchObject({ code: 'PATH_INVALID', path: ['as'] });
    expect((await sign(jobId, 0)).refusal?.code).toBe('INVALID_INPUT');
    expect((await sign(jobId, 86_401)).refusal?.code).toBe('INVALID_INPUT');
    await pin({ jobId });
    expect((await pin({ jobId, as: './in.bin' })).refusal).toMatchObject({ code: 'INVALID_INPUT', path: ['as'] });
    const inactive = await bench.drive(person.userId, { activate: false });
    expect((await pin({ jobId, driveId: inactive.id, as: 'b' })).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
    await bench.sql(
      `INSERT INTO job_input SELECT job_id, name || n, version_id, user_id, created_at FROM job_input, generate_series(2, 100) n
       WHERE job_id = $1`,
      jobId,
    );
    expect((await pin({ jobId, as: 'more' })).refusal?.code).toBe('LIMIT_EXCEEDED');
  });
});
