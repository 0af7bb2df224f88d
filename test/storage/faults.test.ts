import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { armFaults } from '../../platform/faultpoint.js';
import { newId } from '../../platform/kernel/ids.js';
import { put, putParts, StorageBench, sha256, someBytes, type TestPerson } from './support/storage.js';

/** The service runs in this process, so that faults armed here are its own. */
describe('storage after a fault', () => {
  let bench: StorageBench;
  let person: TestPerson;
  let drive: { readonly id: string; readonly grantId: string };

  beforeAll(async () => {
    bench = await StorageBench.start();
    person = await bench.person();
    drive = await bench.drive(person.userId);
  });
  afterEach(() => armFaults(''));
  afterAll(() => bench.stop());

  const provision =
    'mutation ($input: ProvisionDriveInput!) { provisionDrive(input: $input) { drive { id } refusal { code } } }';
  const window = { startsAt: new Date().toISOString(), endsAt: new Date(Date.now() + 3_600_000).toISOString() };

  it.each(['beforeCommit', 'afterCommit'])(
    'makes one drive, whether the answer or the work was lost (%s)',
    async (place) => {
      const grantId = newId('grant');
      const input = {
        idempotencyKey: randomUUID(),
        grantId,
        ownerId: person.userId,
        name: 'd',
        quota: '10',
        ...window,
      };
      armFaults(`storage.provisionDrive.${place}=throw`);
      const lost = await bench.answer(provision, input, undefined, 'access');
      expect(lost.errors[0]?.extensions.code).toBe('INTERNAL');
      const count = () => bench.sql<{ id: string }>('SELECT id FROM drive WHERE grant_id = $1', grantId);
      expect(await count()).toHaveLength(place === 'beforeCommit' ? 0 : 1);
      const again = await bench.ask<{ drive: { id: string } }>(provision, input, undefined, 'access');
      expect(await count()).toEqual([{ id: again.drive.id }]);
    },
  );

  it.each(['beforeCommit', 'afterCommit'])('begins one upload and reserves once (%s)', async (place) => {
    const before = BigInt((await bench.usage(person.token, drive.id)).incomplete);
    const bytes = someBytes(100);
    const input = { idempotencyKey: randomUUID(), driveId: drive.id, path: place, size: '100', sha256: sha256(bytes) };
    armFaults(`storage.beginUpload.${place}=throw`);
    await expect(bench.begin(person.token, input)).rejects.toThrow('INTERNAL');
    const { upload } = await bench.begin(person.token, input);
    expect(BigInt((await bench.usage(person.token, drive.id)).incomplete) - before).toBe(100n);
    await bench.abort(person.token, upload?.id ?? '');
  });

  it.each(['beforeCommit', 'afterCommit'])('completes an upload once (%s)', async (place) => {
    const bytes = someBytes(1_000);
    const path = `complete-${place}`;
    const upload = await bench.begun(person.token, drive.id, path, bytes);
    await putParts(upload, bytes);
    armFaults(`storage.completeUpload.${place}=throw`);
    await expect(bench.complete(person.token, upload.id, `key-${place}`)).rejects.toThrow('INTERNAL');
    const { file } = await bench.complete(person.token, upload.id, `key-${place}`);
    expect(file?.sha256).toBe(sha256(bytes));
    const versions = await bench.sql('SELECT 1 FROM file_version JOIN file ON file.id = file_id WHERE path = $1', path);
    expect(versions).toHaveLength(1);
  });

  it('takes a part again whose answer was lost', async () => {
    const bytes = someBytes(1_000);
    const upload = await bench.begun(person.token, drive.id, 'part', bytes);
    armFaults('storage.receivePart.afterPut=throw');
    const lost = await put(upload.parts[0]?.url ?? '', bytes);
    expect([lost.status, await lost.json()]).toEqual([500, expect.objectContaining({ code: 'INTERNAL' })]);
    await putParts(upload, bytes);
    expect((await bench.complete(person.token, upload.id)).file?.sha256).toBe(sha256(bytes));
  });

  it('has one outcome where many write to one path at once', async () => {
    const contents = Array.from({ length: 8 }, () => someBytes(1_000));
    const files = await Promise.all(contents.map((bytes) => bench.upload(person.token, drive.id, 'parallel', bytes)));
    expect(new Set(files.map(({ id }) => id)).size).toBe(1);
    const rows = await bench.sql<{ number: number }>(
      'SELECT number FROM file_version JOIN file ON file.id = file_id WHERE path = $1 ORDER BY number',
      'parallel',
    );
    expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const answer = await fetch(await bench.urlOf(person.token, files[0]?.id ?? ''));
    const shown = Buffer.from(await answer.arrayBuffer());
    expect(contents.some((bytes) => bytes.equals(shown))).toBe(true);
  });

  it('keeps counters equal to what they count, after all that', async () => {
    const [row] = await bench.sql<Record<string, string>>(
      `SELECT live_bytes - (SELECT coalesce(sum(size_bytes), 0) FROM file JOIN file_version v ON v.id = current_version_id
         WHERE drive_id = drive.id) AS live,
       live_bytes + version_bytes - (SELECT coalesce(sum(size_bytes), 0) FROM file JOIN file_version v ON v.file_id = file.id
         WHERE drive_id = drive.id) AS versions,
       incomplete_bytes - (SELECT coalesce(sum(size_bytes), 0) FROM upload WHERE drive_id = drive.id AND status = 'OPEN')
         AS incomplete,
       open_uploads - (SELECT count(*) FROM upload WHERE drive_id = drive.id AND status = 'OPEN') AS uploads
       FROM drive WHERE id = $1`,
      drive.id,
    );
    expect(row).toEqual({ live: '0', versions: '0', incomplete: '0', uploads: '0' });
  });
});
