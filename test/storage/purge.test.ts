import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { armFaults } from '../../platform/faultpoint.js';
import { newId } from '../../platform/kernel/ids.js';
import { codeOf, put, StorageBench, someBytes, type TestPerson } from './support/storage.js';

const DAY_MS = 86_400_000;
const patience = { timeout: 30_000 };

let bench: StorageBench;
let person: TestPerson;
beforeAll(async () => {
  bench = await StorageBench.start();
  person = await bench.person();
});
afterEach(() => {
  bench.clockShiftMs = 0;
  armFaults('');
});
afterAll(() => bench.stop());

/** What the object store holds of all uploads of a drive. */
async function bytesOnDisk(uploads: readonly string[]): Promise<number> {
  const root = join(bench.harness.settings.home, 'objects');
  const all = await readdir(root, { recursive: true });
  return all.filter((name) => uploads.some((id) => name.includes(`${id}`) && /[0-9]-/.test(name))).length;
}

/** A drive with two files, one of them in two versions, an upload on its way and a pinned input. */
async function makeFull() {
  const { id, grantId } = await bench.drive(person.userId, { quota: 2 ** 30 });
  const old = await bench.upload(person.token, id, 'data/a.bin', someBytes(300_000));
  const file = await bench.upload(person.token, id, 'data/a.bin', someBytes(200_000));
  await bench.upload(person.token, id, 'b.bin', someBytes(100_000));
  const open = await bench.begun(person.token, id, 'c.bin', someBytes(50_000));
  const url = await bench.urlOf(person.token, file.id);
  await bench.sql(
    `INSERT INTO job_input (job_id, name, version_id, user_id, created_at) VALUES ($1, 'in', $2, $3, now())`,
    newId('job'),
    file.currentVersion.id,
    person.userId,
  );
  const uploads = (await bench.sql<{ id: string }>('SELECT id FROM upload WHERE drive_id = $1', id)).map(
    (row) => row.id,
  );
  expect(await bytesOnDisk(uploads)).toBeGreaterThanOrEqual(3);
  return { id, grantId, old, file, open, url, uploads };
}

const close = (grantId: string, purge?: boolean) =>
  bench.ask<{ drive: { status: string } | null; refusal: { code: string } | null }>(
    'mutation ($input: CloseDriveInput!) { closeDrive(input: $input) { drive { status } refusal { code } } }',
    { idempotencyKey: randomUUID(), grantId, ...(purge === undefined ? {} : { purge }) },
    undefined,
    'access',
  );
const shown = async (id: string) =>
  (
    await bench.harness.call<{
      drive: { status: string; purgedAt: string | null; usage: { total: string }; files: { nodes: unknown[] } };
    }>(
      'query ($id: ID!) { drive(id: $id) { status purgedAt usage { total } files { nodes { path } } } }',
      { id },
      { token: person.token },
    )
  ).data?.drive;
const sweep = () =>
  bench.sql(
    `UPDATE graphile_worker._private_jobs SET run_at = now() WHERE key = 'storage.sweepUploads' AND locked_at IS NULL`,
  );

/** Nothing is left of it, and it says so. */
async function gone({ id, uploads }: Awaited<ReturnType<typeof makeFull>>): Promise<void> {
  await expect.poll(async () => (await shown(id))?.purgedAt, patience).toEqual(expect.any(String));
  expect(await shown(id)).toMatchObject({ status: 'CLOSED', usage: { total: '0' }, files: { nodes: [] } });
  expect(await bytesOnDisk(uploads)).toBe(0);
  for (const table of ['file', 'upload']) {
    expect(await bench.sql(`SELECT 1 FROM ${table} WHERE drive_id = $1`, id)).toEqual([]);
  }
  const trail = `SELECT actor, outcome, detail FROM platform.audit_entry WHERE action = 'purgeDrive' AND target = $1`;
  expect(await bench.sql(trail, id)).toEqual([
    { actor: 'service:storage', outcome: 'OK', detail: { files: '2', bytes: '600000' } },
  ]);
}

describe('the content of a drive', () => {
  it('is deleted for good at once where that is asked for: bytes, paths, versions, parts and pins', async () => {
    const full = await makeFull();
    expect(await close(full.grantId, true)).toMatchObject({ drive: { status: 'CLOSED' }, refusal: null });
    expect(await codeOf(await fetch(full.url))).toMatch(/URL_EXPIRED|DRIVE_NOT_ACTIVE/);
    expect((await put(String(full.open.parts[0]?.url), someBytes(50_000))).status).toBe(409);
    await gone(full);
    expect(await close(full.grantId, true)).toMatchObject({ drive: { status: 'CLOSED' } });
  });

  it('is there for 14 days after its end, to be read, and then deleted', async () => {
    const full = await makeFull();
    expect(await close(full.grantId)).toMatchObject({ drive: { status: 'READ_ONLY' } });
    bench.clockShiftMs = 14 * DAY_MS - 60_000;
    await sweep();
    const url = await bench.urlOf(person.token, full.file.id);
    expect((await fetch(url)).status).toBe(200);
    expect(await shown(full.id)).toMatchObject({ status: 'READ_ONLY', purgedAt: null });
    bench.clockShiftMs = 14 * DAY_MS + 1_000;
    await sweep();
    await gone(full);
  });

  it('of one that is READ_ONLY is deleted at once where that is asked for later', async () => {
    const full = await makeFull();
    await close(full.grantId);
    expect(await close(full.grantId, true)).toMatchObject({ drive: { status: 'CLOSED' } });
    await gone(full);
  });

  it('is deleted also where the first try dies between the bytes and their rows', async () => {
    const full = await makeFull();
    armFaults('storage.purgeDrive.afterBytes=throw');
    await close(full.grantId, true);
    const failed = `SELECT 1 FROM graphile_worker._private_jobs WHERE key = $1 AND last_error IS NOT NULL`;
    await expect.poll(() => bench.sql(failed, `purge:${full.id}`), patience).toHaveLength(1);
    armFaults('');
    await bench.sql(`UPDATE graphile_worker._private_jobs SET run_at = now() WHERE key = $1`, `purge:${full.id}`);
    await gone(full);
  });

  it('of another drive is never deleted: the database looks at the drive, the serving role may not', async () => {
    const full = await makeFull();
    const forget = bench.sql('SELECT forget_uploads($1, $2)', full.id, full.uploads);
    await expect(forget).rejects.toThrow('only a drive that is purged');
    expect(await bench.sql('SELECT * FROM finish_purge($1, now())', full.id)).toEqual([]);
    const [role] = await bench.sql<{ able: boolean }>(
      `SELECT bool_or(has_table_privilege($1, name, 'DELETE')) AS able FROM unnest(ARRAY['file', 'file_version', 'upload', 'drive']) AS name`,
      new URL(bench.database.appUrl).username,
    );
    expect(role?.able).toBe(false);
    expect(await bytesOnDisk(full.uploads)).toBeGreaterThanOrEqual(3);
  });

  it('frees the room that it took', async () => {
    const stored = async () =>
      (await bench.sql<{ sum: string }>('SELECT sum(live_bytes + version_bytes)::text AS sum FROM drive'))[0]?.sum;
    const before = await stored();
    const full = await makeFull();
    await close(full.grantId, true);
    await gone(full);
    expect(await stored()).toBe(before);
  });
});
