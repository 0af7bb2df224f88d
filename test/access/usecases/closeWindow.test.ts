import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { armFaults } from '../../../platform/faultpoint.js';
import { latch } from '../../support/latch.js';
import { type AccessWorld, credits, makeAccessWorld, makeComputeAsking } from '../support/accessWorld.js';
import {
  extendBy,
  extensionOf,
  grantOf,
  type Holder,
  later,
  makeHolder,
  makeHolderOf,
  recover,
} from '../support/holders.js';

// The end of a window and an extension that is under way, in every order that they can meet in.

let world: AccessWorld;
beforeAll(async () => {
  world = await makeAccessWorld();
});
afterEach(() => {
  armFaults('');
  world.clock.set(null);
});
afterAll(() => world.stop());

/** Extends a grant for 30 days, and lets its window end while a call of the chain is on its way. */
async function endDuring(holder: Holder, method: string) {
  const gate = latch();
  world.fake.hold(method, gate.opened);
  const endsAt = later(holder.endsAt, 30);
  // The chain has its 15 minutes from here on.
  world.clock.set(new Date(holder.endsAt.getTime() - 1_000));
  const extending = extendBy(world, holder.person, extensionOf(holder.grantId, { endsAt }));
  await expect.poll(() => world.fake.calls.at(-1)?.method).toBe(method);
  world.clock.set(holder.endsAt);
  await world.work();
  return {
    endsAt,
    extending,
    goOn() {
      gate.open();
      world.fake.hold(method, Promise.resolve());
    },
  };
}

const MOMENTS = ['extendEscrow', 'extendDrive', 'issuePrepayment', 'captureHold'];

describe('a window that ends while an extension is under way', () => {
  it.each(MOMENTS)('at %s ends nothing: extended, the grant goes on until its new end', async (method) => {
    const holder = await makeHolderOf(world);
    const { grantId } = holder;
    const { endsAt, extending, goOn } = await endDuring(holder, method);
    expect(await grantOf(world, grantId)).toMatchObject({ state: 'OPEN' });
    expect(world.fake.drives.get(grantId)).toBe('ACTIVE');
    goOn();
    expect(await extending).toMatchObject({ ok: true, value: { grant: { endsAt, state: 'OPEN' } } });
    await world.work();
    expect(await grantOf(world, grantId)).toMatchObject({ state: 'OPEN', endsAt });
    expect(world.fake.drives.get(grantId)).toBe('ACTIVE');
    world.clock.set(endsAt);
    await world.work();
    expect(await grantOf(world, grantId)).toMatchObject({ state: 'ENDED', endedAt: endsAt, refundedMicros: 0n });
    expect(world.fake.available.get(holder.accountId)).toBe(credits(80));
    expect(world.fake.total()).toBe(holder.total);
  });

  it.each(MOMENTS)('at %s, which is refused, ends it at its old end: all is earned', async (method) => {
    const holder = await makeHolderOf(world);
    const { grantId } = holder;
    world.fake.plan(method, { kind: 'refuse' });
    const { extending, goOn } = await endDuring(holder, method);
    expect(await grantOf(world, grantId)).toMatchObject({ state: 'OPEN' });
    goOn();
    expect(await extending).toMatchObject({ ok: false });
    await world.work();
    expect(await grantOf(world, grantId)).toMatchObject({
      state: 'ENDED',
      endedAt: holder.endsAt,
      endsAt: holder.endsAt,
      refundedMicros: 0n,
    });
    expect(world.fake.available.get(holder.accountId)).toBe(credits(90));
    expect(world.fake.total()).toBe(holder.total);
    expect(world.fake.isClean(grantId)).toBe(true);
  });

  it('closes the drive where its chain is stuck in undo, and settles once all is undone', async () => {
    const holder = await makeHolderOf(world);
    const { grantId } = holder;
    world.fake.plan('issuePrepayment', { kind: 'refuse' });
    world.fake.plan('abandonExtension', { kind: 'down', times: 8 });
    const extension = extensionOf(grantId, { endsAt: later(holder.endsAt, 30) });
    const extending = extendBy(world, holder.person, extension);
    const undoing = async () => (await world.prisma.sagaRun.findFirst({ where: { direction: 'UNDOING' } }))?.attempts;
    await expect.poll(undoing, { timeout: 10_000 }).toBeGreaterThan(0);
    world.clock.set(holder.endsAt);
    await world.work();
    expect(world.fake.drives.get(grantId)).toBe('READ_ONLY');
    expect(await grantOf(world, grantId)).toMatchObject({ state: 'ENDING', endedAt: holder.endsAt });
    expect(world.fake.escrows.get(grantId)).toMatchObject({ status: 'OPEN' });
    await extending;
    await recover(world);
    expect(await grantOf(world, grantId)).toMatchObject({ state: 'ENDED', refundedMicros: 0n });
    expect(world.fake.available.get(holder.accountId)).toBe(credits(90));
    expect(world.fake.total()).toBe(holder.total);
    expect(world.fake.isClean(grantId)).toBe(true);
  });

  it('goes on where its runner died: whoever takes the chain up, the end is looked at again', async () => {
    const holder = await makeHolderOf(world);
    const { grantId } = holder;
    armFaults('access.extendGrant.captureHold.after=throw');
    const endsAt = later(holder.endsAt, 30);
    const extension = extensionOf(grantId, { endsAt });
    await expect(extendBy(world, holder.person, extension)).rejects.toThrow('fault injected');
    world.clock.set(holder.endsAt);
    await world.work(world.replica());
    expect(await grantOf(world, grantId)).toMatchObject({ state: 'OPEN', endsAt: holder.endsAt });
    await recover(world, world.replica());
    await world.work();
    expect(await grantOf(world, grantId)).toMatchObject({ state: 'OPEN', endsAt });
  });

  it('of compute leaves its jobs alone', async () => {
    const holder = await makeHolder(world, makeComputeAsking(world));
    const { extending, goOn, endsAt } = await endDuring(holder, 'extendAllocation');
    expect(world.fake.allocations.get(holder.grantId)).toBe('ACTIVE');
    goOn();
    expect(await extending).toMatchObject({ ok: true, value: { grant: { endsAt } } });
    await world.work();
    expect(world.fake.allocations.get(holder.grantId)).toBe('ACTIVE');
  });
});

describe('an extension that begins when the window has ended', () => {
  it('waits for the lock of whoever ends the grant, and is refused', async () => {
    const holder = await makeHolderOf(world);
    const gate = latch();
    world.fake.hold('closeDrive', gate.opened);
    world.clock.set(holder.endsAt);
    const working = world.work();
    await expect.poll(() => world.fake.calls.at(-1)?.method).toBe('closeDrive');
    const extension = extensionOf(holder.grantId, { endsAt: later(holder.endsAt, 30) });
    expect(await extendBy(world, holder.person, extension)).toMatchObject({
      ok: false,
      refusal: { code: 'GRANT_NOT_ACTIVE' },
    });
    gate.open();
    world.fake.hold('closeDrive', Promise.resolve());
    await working;
    expect(await grantOf(world, holder.grantId)).toMatchObject({ state: 'ENDED', refundedMicros: 0n });
  });
});
