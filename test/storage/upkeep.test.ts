import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { codeOf, put, putParts, StorageBench, sha256, someBytes, type TestPerson } from './support/storage.js';

const MIB = 1_048_576;

describe('what storage keeps, and for how long', () => {
  let bench: StorageBench;
  let person: TestPerson;
  let driveId: string;

  beforeAll(async () => {
    bench = await StorageBench.start();
    person = await bench.person();
    driveId = (await bench.drive(person.userId, { quota: 40 * MIB })).id;
  });
  afterAll(() => bench.stop());

  const folderOf = (uploadId: string) => join(bench.harness.settings.home, 'objects', uploadId.slice(-2), uploadId);
  const namesOf = (uploadId: string): Promise<string[]> => readdir(folderOf(uploadId)).catch(() => []);
  const becomes = async (uploadId: string, names: number) =>
    vi.waitFor(async () => expect(await namesOf(uploadId)).toHaveLength(names), { timeout: 10_000 });

  it('adds usage up: live, versions and incomplete are what the quota limits', async () => {
    await bench.upload(person.token, driveId, 'usage.bin', someBytes(1_000));
    await bench.upload(person.token, driveId, 'usage.bin', someBytes(3_000));
    const open = await bench.begun(person.token, driveId, 'other.bin', someBytes(500));
    expect(await bench.usage(person.token, driveId)).toEqual({
      live: '3000',
      versions: '1000',
      trash: '0',
      incomplete: '500',
      total: '4500',
    });
    await bench.abort(person.token, open.id);
    expect((await bench.usage(person.token, driveId)).total).toBe('4000');
  });

  it('has only ciphertext on disk, for its user alone', async () => {
    const text = Buffer.from('the unpublished result of the laboratory '.repeat(5_000));
    const upload = await bench.begun(person.token, driveId, 'secret.txt', text);
    await putParts(upload, text);
    const [name = ''] = await namesOf(upload.id);
    const stored = await readFile(join(folderOf(upload.id), name));
    expect(stored.includes('unpublished')).toBe(false);
    const home = bench.harness.settings.home;
    const modes = await Promise.all(
      [join(home, 'objects'), folderOf(upload.id), join(folderOf(upload.id), name)].map(
        async (path) => (await stat(path)).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o700, 0o700, 0o600]);
    for (const key of ['object-0001.key', 'url-0001.key']) {
      expect((await stat(join(home, 'keys', 'storage', key))).mode & 0o777).toBe(0o600);
    }
  });

  it('deletes the parts of an aborted upload, and parts that were sent again', async () => {
    const bytes = someBytes(1_000);
    const aborted = await bench.begun(person.token, driveId, 'aborted.bin', bytes);
    await putParts(aborted, bytes);
    expect(await namesOf(aborted.id)).toHaveLength(1);
    await bench.abort(person.token, aborted.id);
    await becomes(aborted.id, 0);

    const again = await bench.begun(person.token, driveId, 'again.bin', bytes);
    await Promise.all(Array.from({ length: 5 }, () => putParts(again, bytes)));
    await writeFile(join(folderOf(again.id), '1-interrupted.part'), 'draft of a write that a crash cut off');
    await bench.complete(person.token, again.id);
    await becomes(again.id, 1);
  });

  it('gives back what an expired upload holds: at once to whom asks, and by the sweeper', async () => {
    const drive = await bench.drive(person.userId, { quota: 1_000 });
    const bytes = someBytes(1_000);
    const expiring = await bench.begun(person.token, drive.id, 'a.bin', bytes);
    await putParts(expiring, bytes);
    try {
      bench.clockShiftMs = 86_400_000;
      expect((await bench.usage(person.token, drive.id)).total).toBe('0');
      const next = await bench.begun(person.token, drive.id, 'b.bin', bytes);
      expect((await bench.usage(person.token, drive.id)).total).toBe('1000');
      await becomes(expiring.id, 0);
      await putParts(next, bytes);

      bench.clockShiftMs = 2 * 86_400_000;
      await bench.harness.restart();
      await becomes(next.id, 0);
      const [row] = await bench.sql<{ incomplete_bytes: string; open_uploads: number }>(
        'SELECT incomplete_bytes, open_uploads FROM drive WHERE id = $1',
        drive.id,
      );
      expect(row).toEqual({ incomplete_bytes: '0', open_uploads: 0 });
    } finally {
      bench.clockShiftMs = 0;
    }
  });

  it('keeps nothing of a part whose sender goes away', async () => {
    const bytes = someBytes(6 * MIB);
    const upload = await bench.begun(person.token, driveId, 'broken.bin', bytes);
    const url = upload.parts[0]?.url ?? '';
    const sending = request(url, { method: 'PUT', headers: { 'content-length': bytes.length } });
    sending.on('error', () => undefined);
    sending.write(bytes.subarray(0, 3 * MIB));
    await vi.waitFor(async () => expect(await namesOf(upload.id)).toHaveLength(1), { timeout: 10_000 });
    sending.destroy();
    await becomes(upload.id, 0);
    expect((await put(url, bytes)).status).toBe(200);
    expect((await bench.complete(person.token, upload.id)).file?.sha256).toBe(sha256(bytes));
  });

  it('answers INTEGRITY_ERROR for damaged bytes, breaks off where the damage is farther on, and goes on serving', async () => {
    const bytes = someBytes(3 * 65_536);
    const upload = await bench.begun(person.token, driveId, 'damaged.bin', bytes);
    await putParts(upload, bytes);
    const { file } = await bench.complete(person.token, upload.id);
    await becomes(upload.id, 1);
    const [name = ''] = await namesOf(upload.id);
    const path = join(folderOf(upload.id), name);
    const good = await readFile(path);
    const url = await bench.urlOf(person.token, file?.id ?? '');
    const damage = async (at: number) => {
      const bad = Buffer.from(good);
      bad.writeUInt8(bad.readUInt8(at) ^ 1, at);
      await writeFile(path, bad);
    };

    await damage(200);
    const first = await fetch(url);
    expect([first.status, await codeOf(first)]).toEqual([500, 'INTEGRITY_ERROR']);
    expect((await fetch(url, { headers: { range: 'bytes=65536-65540' } })).status).toBe(206);

    await damage(good.length - 1);
    const last = await fetch(url);
    expect(last.status).toBe(200);
    await expect(last.arrayBuffer()).rejects.toThrow();

    await writeFile(path, good.subarray(0, good.length - 100));
    await expect(fetch(url, { headers: { range: 'bytes=-1' } }).then(codeOf)).resolves.toBe('INTEGRITY_ERROR');
    await writeFile(path, good);
    expect(sha256(Buffer.from(await (await fetch(url)).arrayBuffer()))).toBe(sha256(bytes));
  });

  it('writes one audit entry for each effect, in its transaction', async () => {
    const bytes = someBytes(10);
    const file = await bench.upload(person.token, driveId, 'audit.bin', bytes);
    await bench.urlOf(person.token, file.id);
    const rows = await bench.sql<{ action: string; outcome: string }>(
      `SELECT action, outcome FROM platform.audit_entry WHERE actor = $1 ORDER BY id DESC LIMIT 3`,
      person.userId,
    );
    expect(rows.reverse()).toEqual([
      { action: 'beginUpload', outcome: 'OK' },
      { action: 'completeUpload', outcome: 'OK' },
      { action: 'createDownload', outcome: 'OK' },
    ]);
  });

  it('does not start without the key that its objects were sealed under', async () => {
    const folder = join(bench.harness.settings.home, 'keys', 'storage');
    const key = await readFile(join(folder, 'object-0001.key'));
    await rm(join(folder, 'object-0001.key'));
    try {
      await expect(bench.harness.restart()).rejects.toThrow('put the lost key back');
    } finally {
      await writeFile(join(folder, 'object-0001.key'), key, { mode: 0o600 });
      await bench.harness.restart();
    }
  });
});
