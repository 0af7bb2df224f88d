import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../../platform/auth/viewer.js';
import { armFaults } from '../../../platform/faultpoint.js';
import { newId } from '../../../platform/kernel/ids.js';
import { refused } from '../../../platform/kernel/refusal.js';
import { askForRunOut } from '../../../subgraphs/access/jobs/closeRunOut.js';
import { latch } from '../../support/latch.js';
import {
  type AccessWorld,
  type Asking,
  callOf,
  credits,
  inDays,
  LEASE_MS,
  makeAccessWorld,
  makeAsking,
  makeComputeAsking,
  makePerson,
} from '../support/accessWorld.js';
import { endBy, extendBy, extensionOf, grantOf, makeHolder as makeAnyHolder } from '../support/holders.js';

let world: AccessWorld;
beforeAll(async () => {
  world = await makeAccessWorld();
});
afterEach(() => {
  armFaults('');
  world.clock.set(null);
});
afterAll(() => world.stop());

/** Somebody with a grant. */
const makeHolder = (asking?: Asking) => makeAnyHolder(world, asking);
const end = (person: Person, grantId: string, over: object = {}) => endBy(world, person, grantId, over);
const endOf = (grantId: string, over: object = {}) => ({ idempotencyKey: newId('audit'), grantId, ...over });
const secondsAfter = (instant: Date, seconds: number) => new Date(instant.getTime() + seconds * 1_000);

describe('endGrant', () => {
  it('of a drive earns the whole seconds used, and returns the rest', async () => {
    const { person, accountId, grantId, startsAt } = await makeHolder();
    const before = { total: world.fake.total(), revenue: world.fake.revenue };
    // 3 days and a half second of a month of 10 GiB: 1 CREDIT exactly.
    world.clock.set(secondsAfter(startsAt, 3 * 86_400 + 0.5));
    const ended = await end(person, grantId);
    expect(ended).toMatchObject({
      ok: true,
      value: { id: grantId, state: 'ENDED', refundTransferId: expect.stringMatching(/^trf_/) },
    });
    expect(world.fake.revenue - before.revenue).toBe(credits(1));
    expect(world.fake.available.get(accountId)).toBe(credits(99));
    expect(world.fake.total()).toBe(before.total);
    expect(world.fake.drives.get(grantId)).toBe('READ_ONLY');
    expect(world.fake.keysOf(grantId)).toEqual(['closeResource', 'closeEscrow']);
    expect(
      await world.asOwner('SELECT actor, action, outcome FROM platform.audit_entry WHERE target = $1 ORDER BY id', [
        grantId,
      ]),
    ).toEqual([
      { actor: person.userId, action: 'endGrant', outcome: 'OK' },
      { actor: 'service:access', action: 'endGrant.end', outcome: 'OK' },
    ]);
  });

  it('before the window begins returns everything', async () => {
    const asking = makeAsking(world);
    const { person, accountId, grantId } = await makeHolder({
      ...asking,
      input: { ...asking.input, startsAt: inDays(3) },
    });
    await end(person, grantId);
    expect(world.fake.available.get(accountId)).toBe(credits(100));
  });

  it('after the window earns everything and returns nothing', async () => {
    const { person, grantId, endsAt, paidMicros } = await makeHolder();
    const revenue = world.fake.revenue;
    world.clock.set(secondsAfter(endsAt, 86_400));
    expect(await end(person, grantId)).toMatchObject({
      ok: true,
      value: { state: 'ENDED', refundTransferId: null },
    });
    expect(world.fake.revenue - revenue).toBe(paidMicros);
  });

  it('of compute earns nothing by time: what jobs left in the escrow goes back', async () => {
    const { person, accountId, grantId } = await makeHolder(makeComputeAsking(world));
    const ended = await end(person, grantId);
    expect(ended).toMatchObject({ ok: true, value: { state: 'ENDED' } });
    expect(world.fake.available.get(accountId)).toBe(credits(100));
    expect(world.fake.allocations.get(grantId)).toBe('CLOSED');
  });

  it('with running jobs answers ENDING at once; a task finishes it when the last is settled', async () => {
    const { person, grantId } = await makeHolder(makeComputeAsking(world));
    world.fake.jobsToSettle = 2;
    const input = endOf(grantId, { wait: true });
    const answer = await world.access.usecases.endGrant(callOf(person), input);
    expect(answer).toMatchObject({ ok: true, value: { state: 'ENDING', refundTransferId: null } });
    expect(world.fake.calls.at(-1)?.key).toMatch(/:true$/);
    expect(await end(person, grantId)).toMatchObject({
      ok: true,
      value: { state: 'ENDING' },
    });
    await world.work();
    expect(world.fake.escrows.get(grantId)?.status).toBe('OPEN');
    await world.work();
    expect(world.fake.escrows.get(grantId)?.status).toBe('CLOSED');
    expect(await world.access.usecases.endGrant(callOf(person), input)).toMatchObject({
      ok: true,
      value: { state: 'ENDED', refundTransferId: expect.stringMatching(/^trf_/) },
    });
  });

  it('whose settlement is refused tries again under a fresh key, for ever', async () => {
    const { person, grantId } = await makeHolder();
    world.fake.plan('closeEscrow', { kind: 'refuse', times: 2 });
    expect(await end(person, grantId)).toMatchObject({
      ok: true,
      value: { state: 'ENDED' },
    });
    expect(world.fake.keysOf(grantId)).toEqual(['closeResource', 'closeEscrow', 'closeEscrow:1', 'closeEscrow:2']);
  });

  it('whose escrow somebody has closed already is settled all the same', async () => {
    const { person, grantId } = await makeHolder();
    world.fake.plan('closeEscrow', { kind: 'refuse', refusal: refused('ACCOUNT_CLOSED', 'closed') });
    expect(await end(person, grantId)).toMatchObject({
      ok: true,
      value: { state: 'ENDED', refundTransferId: null },
    });
  });

  it.each(['accept.after', 'closeResource.before', 'closeResource.after', 'closeEscrow.before', 'closeEscrow.after'])(
    'that crashes at %s is finished by a fresh runner, with one refund',
    async (point) => {
      const { person, accountId, grantId, startsAt } = await makeHolder();
      const before = world.fake.total();
      world.clock.set(secondsAfter(startsAt, 3 * 86_400));
      const input = endOf(grantId);
      armFaults(`access.endGrant.${point}=throw`);
      await expect(world.access.usecases.endGrant(callOf(person), input)).rejects.toThrow('fault injected');
      await world.lapse();
      await world.work(world.replica());
      expect(await world.access.usecases.endGrant(callOf(person), input)).toMatchObject({
        ok: true,
        value: { state: 'ENDED' },
      });
      expect(world.fake.available.get(accountId)).toBe(credits(99));
      expect(world.fake.total()).toBe(before);
    },
  );

  it('20 times at once with one key: one refund, the same answer', async () => {
    const { person, grantId } = await makeHolder();
    const input = endOf(grantId);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => world.access.usecases.endGrant(callOf(person), input)),
    );
    const refunds = new Set(answers.map((answer) => (answer.ok ? answer.value.refundTransferId : 'refused')));
    expect([...refunds]).toEqual([expect.stringMatching(/^trf_/)]);
    expect(world.fake.keysOf(grantId)).toHaveLength(2);
  });

  it('again with another key is refused GRANT_NOT_ACTIVE, with other input IDEMPOTENCY_KEY_REUSED', async () => {
    const { person, grantId } = await makeHolder();
    const input = endOf(grantId);
    const first = await world.access.usecases.endGrant(callOf(person), input);
    expect(await world.access.usecases.endGrant(callOf(person), { ...input, wait: false, purge: null })).toEqual(first);
    expect(await end(person, grantId)).toMatchObject({
      ok: false,
      refusal: { code: 'GRANT_NOT_ACTIVE' },
    });
    expect(await world.access.usecases.endGrant(callOf(person), { ...input, wait: true })).toMatchObject({
      ok: false,
      refusal: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  it('with purge has the drive closed and its content deleted at once, also by a runner that takes over', async () => {
    const { person, grantId } = await makeHolder();
    armFaults('access.endGrant.closeResource.before=throw');
    const input = endOf(grantId, { purge: true });
    await expect(world.access.usecases.endGrant(callOf(person), input)).rejects.toThrow('fault injected');
    await world.lapse();
    await world.work(world.replica());
    expect(world.fake.drives.get(grantId)).toBe('CLOSED');
    expect(world.fake.purged.has(grantId)).toBe(true);
    const other = await makeHolder();
    await end(other.person, other.grantId);
    expect(world.fake.purged.has(other.grantId)).toBe(false);
  });

  it('with purge is for the person and for a token that may write to drives', async () => {
    const { person, grantId } = await makeHolder();
    const call = (over: object) => end({ ...person, ...over }, grantId, { purge: true });
    await expect(call({ scopes: new Set(['access:request']) })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(call({ actor: newId('serviceAccount') })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(world.fake.drives.get(grantId)).toBe('ACTIVE');
  });

  it('with purge of what is no drive is refused INVALID_INPUT and changes nothing', async () => {
    const { person, grantId } = await makeHolder(makeComputeAsking(world));
    expect(await end(person, grantId, { purge: true })).toMatchObject({
      ok: false,
      refusal: { code: 'INVALID_INPUT', path: ['purge'] },
    });
    expect(world.fake.allocations.get(grantId)).toBe('ACTIVE');
  });

  it('is for the holder alone: NOT_FOUND to others, FORBIDDEN to operators', async () => {
    const { person, grantId } = await makeHolder();
    const refuse = (viewer: Parameters<typeof callOf>[0], id = grantId) =>
      expect(world.access.usecases.endGrant(callOf(viewer), endOf(id))).rejects;
    await refuse(makePerson()).toMatchObject({ code: 'NOT_FOUND' });
    await refuse(makePerson({ operator: true })).toMatchObject({ code: 'FORBIDDEN' });
    await refuse(person, newId('grant')).toMatchObject({ code: 'NOT_FOUND' });
    await refuse(person, 'grt_').toMatchObject({ code: 'NOT_FOUND' });
    await refuse({ kind: 'anonymous' }).toMatchObject({ code: 'UNAUTHENTICATED' });
    await refuse(makePerson({ ...person, scopes: new Set() })).toMatchObject({ code: 'FORBIDDEN' });
    expect(world.fake.drives.get(grantId)).toBe('ACTIVE');
  });
});

describe('a window that is over', () => {
  it('ends its grant by itself: all is earned, access is closed', async () => {
    const { accountId, grantId, endsAt, paidMicros } = await makeHolder();
    world.clock.set(endsAt);
    await world.work();
    expect(await grantOf(world, grantId)).toMatchObject({
      state: 'ENDED',
      endedAt: endsAt,
      refundTransferId: null,
    });
    expect(world.fake.available.get(accountId)).toBe(credits(100) - paidMicros);
    expect(world.fake.escrows.get(grantId)).toMatchObject({ status: 'CLOSED', balance: 0n });
    expect(world.fake.drives.get(grantId)).toBe('READ_ONLY');
  });

  it('waits where this clock is behind, and leaves an ended grant alone', async () => {
    const { person, grantId } = await makeHolder();
    await world.work();
    expect(await grantOf(world, grantId)).toMatchObject({ state: 'OPEN' });
    await end(person, grantId);
    const calls = world.fake.calls.length;
    await world.work();
    expect(world.fake.calls).toHaveLength(calls);
  });

  it('is resumed where its task died', async () => {
    const { grantId, endsAt } = await makeHolder();
    armFaults('access.endGrant.closeEscrow.before=throw');
    world.clock.set(endsAt);
    await expect(world.work()).rejects.toThrow('fault injected');
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS + 20));
    await world.work();
    expect(await grantOf(world, grantId)).toMatchObject({ state: 'ENDED' });
  });
});

describe('a compute grant that is used up', () => {
  const spend = (grantId: string, left: bigint) => {
    const escrow = world.fake.escrows.get(grantId);
    if (escrow === undefined) throw new Error('no escrow');
    world.fake.revenue += escrow.balance - left;
    escrow.balance = left;
  };
  const stateOf = async (id: string) => (await grantOf(world, id)).state;
  const look = async () => {
    await askForRunOut(world.prisma);
    await world.work();
  };

  it('ends by itself once nothing is left and nothing is reserved, and not before', async () => {
    const [mine, other] = [await makeHolder(makeComputeAsking(world)), await makeHolder(makeComputeAsking(world))];
    spend(mine.grantId, 1n);
    await look();
    expect(await stateOf(mine.grantId)).toBe('OPEN');
    spend(mine.grantId, 0n);
    world.fake.heldByJobs = 1n;
    await look();
    expect(await stateOf(mine.grantId)).toBe('OPEN');
    world.fake.heldByJobs = 0n;
    await look();
    expect(await grantOf(world, mine.grantId)).toMatchObject({
      state: 'ENDED',
      endedBy: 'service:access',
      refundTransferId: null,
      refundedMicros: 0n,
    });
    expect(world.fake.allocations.get(mine.grantId)).toBe('CLOSED');
    expect(await stateOf(other.grantId)).toBe('OPEN');
    const trail = 'SELECT action FROM platform.audit_entry WHERE target = $1 ORDER BY id';
    expect(await world.asOwner(trail, [mine.grantId])).toEqual([{ action: 'closeRunOut' }, { action: 'endGrant.end' }]);
    await look();
  });

  it('is looked for among all of them, whatever fails at one, and again and again', async () => {
    const { grantId } = await makeHolder(makeComputeAsking(world));
    spend(grantId, 0n);
    armFaults('access.endGrant.closeEscrow.before=throw');
    await expect(look()).rejects.toThrow('fault injected');
    await world.lapse();
    await world.work();
    expect(await stateOf(grantId)).toBe('ENDED');
    const waiting = `SELECT 1 FROM graphile_worker._private_jobs WHERE key = 'access.closeRunOut'`;
    expect(await world.asOwner(waiting)).toHaveLength(1);
  });

  it('is left alone where it was extended since its escrow was read', async () => {
    const [one, extended] = [await makeHolder(makeComputeAsking(world)), await makeHolder(makeComputeAsking(world))];
    for (const { grantId } of [one, extended]) spend(grantId, 0n);
    const gate = latch();
    world.fake.hold('closeAllocation', gate.opened);
    const looking = look();
    await expect.poll(() => world.fake.calls.at(-1)?.method).toBe('closeAllocation');
    expect((await extendBy(world, extended.person, extensionOf(extended.grantId, { quantity: '5' }))).ok).toBe(true);
    gate.open();
    await looking;
    world.fake.hold('closeAllocation', Promise.resolve());
    expect(await stateOf(one.grantId)).toBe('ENDED');
    expect(await stateOf(extended.grantId)).toBe('OPEN');
  });

  it('is left alone while it is extended', async () => {
    const { person, grantId } = await makeHolder(makeComputeAsking(world));
    spend(grantId, 0n);
    const gate = latch();
    world.fake.hold('extendAllocation', gate.opened);
    const extending = extendBy(world, person, extensionOf(grantId, { quantity: '5' }));
    await expect.poll(() => world.fake.calls.at(-1)?.method).toBe('extendAllocation');
    await look();
    expect(await stateOf(grantId)).toBe('OPEN');
    gate.open();
    expect((await extending).ok).toBe(true);
    world.fake.hold('extendAllocation', Promise.resolve());
  });
});
