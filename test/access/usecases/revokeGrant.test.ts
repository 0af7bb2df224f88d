import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../../platform/auth/viewer.js';
import { armFaults } from '../../../platform/faultpoint.js';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import {
  type AccessWorld,
  ask,
  callOf,
  credits,
  makeAccessWorld,
  makeAsking,
  makePerson,
  withRoles,
} from '../support/accessWorld.js';
import { makeOffer } from '../support/reviewedOffers.js';

let world: AccessWorld;
beforeAll(async () => {
  world = await makeAccessWorld();
});
afterEach(() => armFaults(''));
afterAll(() => world.stop());

/** A grant of an offer, and an ADMIN of its provider. */
async function granted(over: object = {}) {
  const providerId = newId('group');
  const offer = await makeOffer(world, { providerId, ...over });
  const admin = withRoles(world, makePerson(), { [providerId]: 'ADMIN' });
  const asking = makeAsking(world);
  const { grantId } = await ask(world, { ...asking, input: { ...asking.input, offerId: offer.id } });
  return { ...asking, providerId, admin, grantId };
}

const revoke = (by: Person, grantId: string, reason = 'The terms were broken.') =>
  world.access.usecases.revokeGrant(callOf(by), { grantId, reason });
const find = (viewer: Person, id: string) => world.access.usecases.findGrant(viewer, world.access.makeLoaders(), id);

describe('revokeGrant', () => {
  it('by an ADMIN of the provider ends the grant and returns what was not used', async () => {
    const { admin, person, grantId, accountId } = await granted();
    const revoked = await revoke(admin, grantId);
    expect(revoked).toMatchObject({
      ok: true,
      value: { state: 'ENDED', endedBy: admin.userId, endReason: 'The terms were broken.' },
    });
    expect(world.fake.drives.get(grantId)).toBe('READ_ONLY');
    const refunded = revoked.ok ? revoked.value.refundedMicros : 0n;
    expect(refunded).toBeGreaterThan(credits(9));
    expect(world.fake.available.get(accountId)).toBe(
      credits(100) - ((await find(person, grantId)) ?? { paidMicros: 0n }).paidMicros + refunded,
    );
    expect(await revoke(admin, grantId)).toMatchObject({ ok: false, refusal: { code: 'GRANT_NOT_ACTIVE' } });
    const audit = await world.asOwner<{ action: string }>(
      'SELECT action FROM platform.audit_entry WHERE actor = $1 AND target = $2 ORDER BY id',
      [admin.userId, grantId],
    );
    expect(audit.map(({ action }) => action)).toEqual(['revokeGrant', 'revokeGrant']);
  });

  it('cancels running jobs: ENDING until they are settled; again it changes nothing', async () => {
    const { admin, grantId } = await granted({ kind: 'COMPUTE', per: 'CORE_HOUR', resource: wellKnown.clusterLocal });
    world.fake.jobsToSettle = 1;
    expect(await revoke(admin, grantId)).toMatchObject({ ok: true, value: { state: 'ENDING' } });
    expect(world.fake.calls.at(-1)?.key).toMatch(/false$/);
    expect(await revoke(admin, grantId, 'Another.')).toMatchObject({
      ok: true,
      value: { endReason: 'The terms were broken.' },
    });
    await world.work();
    expect(await find(admin, grantId)).toMatchObject({ state: 'ENDED' });
  });

  describe('of a grant whose holder ended it and lets its jobs finish', () => {
    const compute = { kind: 'COMPUTE', per: 'CORE_HOUR', resource: wellKnown.clusterLocal };
    const endWaiting = (person: Person, grantId: string) =>
      world.access.usecases.endGrant(callOf(person), { idempotencyKey: newId('audit'), grantId, wait: true });
    const closings = () => world.fake.calls.filter(({ method }) => method === 'closeAllocation').length;

    it('cancels them', async () => {
      const { admin, person, grantId } = await granted(compute);
      world.fake.jobsToSettle = 2;
      const ending = await endWaiting(person, grantId);
      expect(ending).toMatchObject({ ok: true, value: { state: 'ENDING', endedBy: person.userId } });
      expect(world.fake.calls.at(-1)?.key).toMatch(/true$/);
      const revoked = { endedBy: admin.userId, endReason: 'The terms were broken.' };
      expect(await revoke(admin, grantId)).toMatchObject({
        ok: true,
        value: { ...revoked, state: 'ENDING', endedAt: ending.ok ? ending.value.endedAt : null },
      });
      expect(world.fake.calls.at(-1)?.key).toMatch(/false$/);
      const calls = world.fake.calls.length;
      expect(await revoke(makePerson({ operator: true }), grantId, 'Another.')).toMatchObject({ value: revoked });
      expect(world.fake.calls).toHaveLength(calls);
      await world.work();
      expect(world.fake.calls.at(-2)?.key).toMatch(/false$/);
      expect(await find(admin, grantId)).toMatchObject({ ...revoked, state: 'ENDED' });
    });

    it('cancels them where the process dies after the commit', async () => {
      const { admin, person, grantId } = await granted(compute);
      world.fake.jobsToSettle = 1;
      await endWaiting(person, grantId);
      armFaults('access.endGrant.accept.after=throw');
      await expect(revoke(admin, grantId)).rejects.toThrow('fault injected');
      await world.work(world.replica());
      expect(world.fake.calls.at(-2)?.key).toMatch(/false$/);
      expect(await find(admin, grantId)).toMatchObject({ state: 'ENDED', endedBy: admin.userId });
    });

    it('takes it from a runner that is waiting for an answer', async () => {
      const { admin, person, grantId } = await granted(compute);
      world.fake.jobsToSettle = 2;
      const before = closings();
      let answer: () => void = () => undefined;
      world.fake.hold(
        'closeAllocation',
        new Promise((resolve) => {
          answer = resolve;
        }),
      );
      const ending = endWaiting(person, grantId);
      await expect.poll(closings).toBe(before + 1);
      const revoking = revoke(admin, grantId);
      await expect.poll(closings).toBe(before + 2);
      answer();
      expect(await ending).toMatchObject({ ok: true });
      expect(await revoking).toMatchObject({ ok: true, value: { state: 'ENDING', endedBy: admin.userId } });
      await world.work();
      expect(world.fake.calls.slice(-4).map(({ key }) => key.split(':').at(-1))).toEqual([
        'true',
        'false',
        'false',
        'closeEscrow',
      ]);
      expect(await find(admin, grantId)).toMatchObject({ state: 'ENDED' });
    });
  });

  it('by an operator too; by nobody else', async () => {
    const { person, providerId, grantId, admin } = await granted();
    const member = withRoles(world, makePerson(), { [providerId]: 'MEMBER' });
    await expect(revoke(member, grantId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(revoke(makePerson(), grantId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(revoke(person, grantId)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(revoke({ ...admin, actor: 'compute' }, grantId)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(revoke({ ...admin, roles: new Map() }, grantId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(revoke(admin, 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await revoke(admin, grantId, ' ')).toMatchObject({
      ok: false,
      refusal: { code: 'INVALID_INPUT', path: ['reason'] },
    });
    expect(await revoke(makePerson({ operator: true }), grantId)).toMatchObject({
      ok: true,
      value: { state: 'ENDED' },
    });
  });

  it('is seen before by the same people', async () => {
    const { person, providerId, grantId, admin } = await granted();
    const member = withRoles(world, makePerson(), { [providerId]: 'MEMBER' });
    for (const viewer of [person, admin, makePerson({ operator: true })])
      expect(await find(viewer, grantId)).not.toBeNull();
    for (const viewer of [member, makePerson()]) expect(await find(viewer, grantId)).toBeNull();
  });
});

describe('what a grant shows of its money', () => {
  const account = async (viewer: Person, grantId: string) => {
    const grant = await find(viewer, grantId);
    if (grant === null) throw new Error('no grant');
    return world.access.usecases.findGrantAccount(callOf(viewer), world.access.makeLoaders(), grant);
  };

  it('of compute comes from its escrow', async () => {
    const { person, grantId } = await granted({ kind: 'COMPUTE', per: 'CORE_HOUR', resource: wellKnown.clusterLocal });
    const escrow = world.fake.escrows.get(grantId);
    if (escrow === undefined) throw new Error('no escrow');
    escrow.balance -= credits(4);
    world.fake.revenue += credits(4);
    world.fake.heldByJobs = credits(1);
    expect(await account(person, grantId)).toMatchObject({
      grantedMicros: credits(10),
      consumedMicros: credits(4),
      heldMicros: credits(1),
      remainingMicros: credits(5),
    });
    world.fake.heldByJobs = 0n;
    await world.access.usecases.endGrant(callOf(person), { idempotencyKey: newId('audit'), grantId });
    expect(await account(person, grantId)).toMatchObject({
      consumedMicros: credits(4),
      refundedMicros: credits(6),
      remainingMicros: 0n,
    });
  });
});
