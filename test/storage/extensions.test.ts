import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { codeOf, put, type ShownRefusal, StorageBench, someBytes, type TestPerson } from './support/storage.js';

const DAY_MS = 86_400_000;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

let bench: StorageBench;
let person: TestPerson;
let free = 100 * GIB;
beforeAll(async () => {
  bench = await StorageBench.start({}, async () => BigInt(free));
  person = await bench.person();
});
afterEach(() => {
  bench.clockShiftMs = 0;
  free = 100 * GIB;
});
afterAll(() => bench.stop());

interface Answered {
  readonly drive: { readonly quota: string; readonly status: string } | null;
  readonly refusal: ShownRefusal | null;
}
interface Wish {
  readonly extensionId: string;
  readonly grantId: string;
  readonly quota: string;
  readonly endsAt: string;
}
const REFUSAL = 'refusal { code message ... on InvalidInput { path } }';
const extend = (wish: Wish, key: string = randomUUID()) =>
  bench.ask<Answered>(
    `mutation ($input: ExtendDriveInput!) { extendDrive(input: $input) { drive { quota status } ${REFUSAL} } }`,
    { ...wish, idempotencyKey: key },
    undefined,
    'access',
  );
const shrink = ({ extensionId, grantId }: Pick<Wish, 'extensionId' | 'grantId'>) =>
  bench.ask<Answered>(
    `mutation ($input: ShrinkDriveInput!) { shrinkDrive(input: $input) { drive { quota status } ${REFUSAL} } }`,
    { extensionId, grantId, idempotencyKey: randomUUID() },
    undefined,
    'access',
  );
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
const wishOf = (grantId: string, over: Partial<Wish> = {}): Wish => ({
  extensionId: newId('extension'),
  grantId,
  quota: String(2 * GIB),
  endsAt: inDays(60),
  ...over,
});
const upload = (driveId: string, size: number) =>
  bench.begin(person.token, { driveId, path: randomUUID(), size: String(size), sha256: '0'.repeat(64) });

describe('a drive that is extended', () => {
  it('has more room and a later end at once', async () => {
    const { id, grantId } = await bench.drive(person.userId, { quota: GIB });
    expect((await upload(id, 1.5 * GIB)).refusal?.code).toBe('QUOTA_EXCEEDED');
    const wish = wishOf(grantId);
    expect(await extend(wish, 'once')).toMatchObject({
      drive: { quota: String(2 * GIB), status: 'ACTIVE' },
      refusal: null,
    });
    expect(await extend(wish, 'once')).toMatchObject({ drive: { quota: String(2 * GIB) } });
    expect((await upload(id, 1.5 * GIB)).refusal).toBeNull();
    bench.clockShiftMs = 45 * DAY_MS;
    expect((await upload(id, MIB)).refusal).toBeNull();
  });

  it('is as before where that is undone, but never smaller than what it holds', async () => {
    const { id, grantId } = await bench.drive(person.userId, { quota: 10 * MIB });
    const wish = wishOf(grantId, { quota: String(100 * MIB) });
    await extend(wish);
    expect((await upload(id, 30 * MIB)).refusal).toBeNull();
    expect(await shrink(wish)).toMatchObject({ drive: { quota: String(30 * MIB) } });
    expect(await shrink(wish)).toMatchObject({ drive: { quota: String(30 * MIB) } });
    expect((await upload(id, 1)).refusal?.code).toBe('QUOTA_EXCEEDED');
    bench.clockShiftMs = 31 * DAY_MS;
    expect((await upload(id, 1)).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
    bench.clockShiftMs = 0;
    expect((await extend(wish)).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
  });

  it('keeps what it holds when it is extended after that, and pays room only for what is added', async () => {
    const { id, grantId } = await bench.drive(person.userId, { quota: 10 * MIB });
    const undone = wishOf(grantId, { quota: String(100 * MIB) });
    await extend(undone);
    expect((await upload(id, 30 * MIB)).refusal).toBeNull();
    await shrink(undone);
    free = 0;
    // Of what was paid for, 10 MiB, for longer: nothing is added to what the drive may hold.
    const longer = wishOf(grantId, { quota: String(10 * MIB), endsAt: inDays(90) });
    expect(await extend(longer)).toMatchObject({ drive: { quota: String(30 * MIB) }, refusal: null });
    expect(await extend(wishOf(grantId, { quota: String(20 * MIB), endsAt: inDays(90) }))).toMatchObject({
      drive: { quota: String(30 * MIB) },
      refusal: null,
    });
    expect((await extend(wishOf(grantId, { quota: String(40 * MIB), endsAt: inDays(90) }))).refusal?.code).toBe(
      'CAPACITY_EXCEEDED',
    );
    free = 100 * GIB;
    const more = wishOf(grantId, { quota: String(40 * MIB), endsAt: inDays(90) });
    expect(await extend(more)).toMatchObject({ drive: { quota: String(40 * MIB) }, refusal: null });
    expect(await shrink(more)).toMatchObject({ drive: { quota: String(30 * MIB) }, refusal: null });
    expect((await upload(id, 1)).refusal?.code).toBe('QUOTA_EXCEEDED');
    bench.clockShiftMs = 75 * DAY_MS;
    expect((await upload(id, 1)).refusal).toBeNull();
  });

  it('is never extended by a call that comes after it was undone', async () => {
    const { grantId } = await bench.drive(person.userId, { quota: GIB });
    const wish = wishOf(grantId);
    expect(await shrink(wish)).toMatchObject({ drive: { quota: String(GIB) }, refusal: null });
    expect((await extend(wish)).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
    expect(await shrink(wishOf(newId('grant')))).toEqual({ drive: null, refusal: null });
  });

  it('needs room for what is added, and for that alone', async () => {
    const held = await bench.sql<{ sum: string }>(
      `SELECT coalesce(sum(quota_bytes - live_bytes - version_bytes), 0)::text AS sum FROM drive WHERE status = 'ACTIVE'`,
    );
    const { grantId } = await bench.drive(person.userId, { quota: GIB });
    free = Number(held[0]?.sum) + GIB + GIB + 2 * GIB;
    expect((await extend(wishOf(grantId, { quota: String(3 * GIB + 1) }))).refusal?.code).toBe('CAPACITY_EXCEEDED');
    expect((await extend(wishOf(grantId, { quota: String(3 * GIB) }))).refusal).toBeNull();
    free = 0;
    expect((await extend(wishOf(grantId, { quota: String(3 * GIB), endsAt: inDays(90) }))).refusal).toBeNull();
  });

  it.each<[string, Partial<Wish>, string]>([
    ['more than any drive may have', { quota: String(2n ** 63n) }, 'quota'],
    ['an earlier end', { endsAt: inDays(29) }, 'endsAt'],
    ['an id of another kind', { extensionId: newId('grant') }, 'extensionId'],
  ])('refuses %s', async (_what, over, field) => {
    const { grantId } = await bench.drive(person.userId, { quota: GIB });
    expect((await extend(wishOf(grantId, over))).refusal).toMatchObject({ code: 'INVALID_INPUT', path: [field] });
  });

  it('is extended after its end too, until access closes it: nothing is used between, and its room is kept', async () => {
    const { id, grantId } = await bench.drive(person.userId, { quota: 10 * MIB });
    bench.clockShiftMs = 31 * DAY_MS;
    expect((await upload(id, MIB)).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
    // No room for anything else, and none is needed: what was promised stays promised.
    free = 0;
    expect(await extend(wishOf(grantId, { quota: String(10 * MIB) }))).toMatchObject({
      drive: { quota: String(10 * MIB), status: 'ACTIVE' },
      refusal: null,
    });
    free = 100 * GIB;
    expect((await upload(id, MIB)).refusal).toBeNull();
    bench.clockShiftMs = 61 * DAY_MS;
    expect((await upload(id, MIB)).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
    await bench.setDrive('closeDrive', grantId);
    expect((await extend(wishOf(grantId, { endsAt: inDays(90) }))).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
  });

  it('is not one that has ended, or that is not there, and for nobody but access', async () => {
    const closed = await bench.drive(person.userId, { quota: GIB });
    await bench.setDrive('closeDrive', closed.grantId);
    expect((await extend(wishOf(closed.grantId))).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
    const document = `mutation ($input: ExtendDriveInput!) { extendDrive(input: $input) { drive { id } } }`;
    const foreign = { ...wishOf(closed.grantId), idempotencyKey: randomUUID() };
    expect((await bench.answer(document, foreign, person.token)).errors[0]?.extensions.code).toBe('FORBIDDEN');
    const none = { ...wishOf(newId('grant')), idempotencyKey: randomUUID() };
    expect((await bench.answer(document, none, undefined, 'access')).errors[0]?.extensions.code).toBe('NOT_FOUND');
  });
});

describe('a drive outside its window', () => {
  it('takes and gives nothing, to the millisecond, though no timer has run', async () => {
    const startsAt = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + DAY_MS);
    const endsAt = new Date(startsAt.getTime() + 3_600_000);
    const { id } = await bench.drive(person.userId, { quota: GIB, startsAt, endsAt });
    // The machine's own clock goes on: one second to either side is enough.
    const at = (instant: Date, seconds: number) => {
      bench.clockShiftMs = instant.getTime() - Date.now() + seconds * 1_000;
    };
    const statusOf = async () =>
      (await bench.sql<{ status: string }>('SELECT status::text FROM drive WHERE id = $1', id))[0]?.status;
    at(startsAt, -1);
    expect((await upload(id, MIB)).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
    at(startsAt, 0);
    const bytes = someBytes(1_000);
    const file = await bench.upload(person.token, id, 'a', bytes);
    const open = await bench.begun(person.token, id, 'b', bytes);
    const url = await bench.urlOf(person.token, file.id);
    at(endsAt, 1);
    expect((await upload(id, MIB)).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
    expect(await codeOf(await put(String(open.parts[0]?.url), bytes))).toBe('DRIVE_NOT_ACTIVE');
    expect((await bench.complete(person.token, open.id)).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
    expect((await fetch(url)).status).toBe(403);
    // What it holds is read for 14 days.
    expect((await fetch(await bench.urlOf(person.token, file.id))).status).toBe(200);
    at(endsAt, 14 * 86_400 + 1);
    expect((await bench.download(person.token, file.id)).refusal?.code).toBe('DRIVE_NOT_ACTIVE');
    expect(await statusOf()).toBe('ACTIVE');
  });
});
