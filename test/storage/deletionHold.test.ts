import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { holdDeletions } from '../../platform/database/deletionHold.js';
import { putParts, StorageBench, someBytes, type TestPerson } from './support/storage.js';

const patience = { timeout: 30_000 };

let bench: StorageBench;
let person: TestPerson;
let backup: pg.Client;
beforeAll(async () => {
  bench = await StorageBench.start();
  person = await bench.person();
});
beforeEach(async () => {
  backup = new pg.Client({ connectionString: bench.database.ownerUrl });
  backup.on('error', () => undefined);
  await backup.connect();
  await holdDeletions(backup);
});
afterEach(async () => {
  await backup.end().catch(() => undefined);
});
afterAll(() => bench.stop());

const objectsOf = async (uploadId: string): Promise<readonly string[]> =>
  readdir(join(bench.harness.settings.home, 'objects', uploadId.slice(-2), uploadId)).catch(() => []);
const waiting = (task: string, id: string) =>
  bench.sql(
    `SELECT 1 FROM graphile_worker._private_jobs j JOIN graphile_worker._private_tasks t ON t.id = j.task_id
     WHERE t.identifier = $1 AND j.payload::text LIKE $2 AND j.run_at > j.created_at AND j.last_error IS NULL`,
    task,
    `%${id}%`,
  );
const nowDue = () => bench.sql('UPDATE graphile_worker._private_jobs SET run_at = now() WHERE locked_at IS NULL');

describe('while a backup holds deletions', () => {
  it('a purge takes effect at once and leaves the bytes; they go when the backup ends, however it ends', async () => {
    const drive = await bench.drive(person.userId);
    const bytes = someBytes(10_000);
    const upload = await bench.begun(person.token, drive.id, 'a.bin', bytes);
    await putParts(upload, bytes);
    await bench.complete(person.token, upload.id);
    await bench.ask(
      'mutation ($input: CloseDriveInput!) { closeDrive(input: $input) { drive { status } refusal { code } } }',
      { idempotencyKey: randomUUID(), grantId: drive.grantId, purge: true },
      undefined,
      'access',
    );
    await expect.poll(() => waiting('storage.purgeDrive', drive.id), patience).toHaveLength(1);
    expect(await objectsOf(upload.id)).toHaveLength(1);
    // As a process that is killed: nothing but the connection ends.
    await bench.sql(
      'SELECT pg_terminate_backend($1)',
      (await backup.query('SELECT pg_backend_pid() AS pid')).rows[0].pid,
    );
    await nowDue();
    await expect.poll(() => objectsOf(upload.id), patience).toEqual([]);
    expect(await bench.sql('SELECT 1 FROM upload WHERE drive_id = $1', drive.id)).toEqual([]);
  });

  it('a part that is sent again is taken, and the one before stays until the upload is over', async () => {
    const drive = await bench.drive(person.userId);
    const bytes = someBytes(10_000);
    const upload = await bench.begun(person.token, drive.id, 'b.bin', bytes);
    await putParts(upload, bytes);
    await putParts(upload, bytes);
    expect(await objectsOf(upload.id)).toHaveLength(2);
    expect(await bench.complete(person.token, upload.id)).toMatchObject({ refusal: null });
    await expect.poll(() => waiting('storage.tidyUpload', upload.id), patience).not.toEqual([]);
    expect(await objectsOf(upload.id)).toHaveLength(2);
    await backup.end();
    await nowDue();
    await expect.poll(() => objectsOf(upload.id), patience).toHaveLength(1);
  });
});
