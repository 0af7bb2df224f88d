import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { armFaults } from '../../../platform/faultpoint.js';
import { leasedRuns } from '../../../subgraphs/access/persistence/sagaRuns.js';
import {
  type AccessWorld,
  ask,
  firstAttempt,
  makeAccessWorld,
  makeAsking,
  makeComputeAsking,
} from '../support/accessWorld.js';
import { askingFor, makeReviewedOffer } from '../support/reviewedOffers.js';

let world: AccessWorld;
beforeAll(async () => {
  world = await makeAccessWorld();
});
afterEach(() => armFaults(''));
afterAll(() => world.stop());

const takeUp = (by: AccessWorld['access']) => by.tasks['access.takeUpLeft']?.({}, firstAttempt);
const statuses = async (): Promise<readonly string[]> =>
  (await world.prisma.accessRequest.findMany({ orderBy: { id: 'asc' } })).map(({ status }) => status);

describe('what a dead process had of sagas', () => {
  it('is free as soon as somebody finds it dead, and is taken up at once; what waits for people is left', async () => {
    const { offer } = await makeReviewedOffer(world);
    expect(await ask(world, askingFor(world, offer))).toMatchObject({ status: 'IN_REVIEW' });
    for (const asking of [makeAsking(world), makeComputeAsking(world), makeAsking(world)]) {
      armFaults('access.requestAccess.issuePrepayment.before=throw');
      await expect(ask(world, asking)).rejects.toThrow('fault injected');
    }
    // Nobody's lease may end by itself in this test.
    await world.asOwner(`UPDATE saga_run SET leased_until = now() + interval '1 hour' WHERE runner IS NOT NULL`);
    const heir = world.replica();
    await takeUp(heir);
    expect(await statuses()).toEqual(['IN_REVIEW', 'PROVISIONING', 'PROVISIONING', 'PROVISIONING']);

    const holders = await world.asOwner<{ id: string }>(leasedRuns.holders);
    expect(holders).toEqual([{ id: world.access.holding.id }]);
    await world.asOwner(leasedRuns.release, [heir.holding.id]);
    await takeUp(heir);
    expect(await statuses()).toEqual(['IN_REVIEW', 'PROVISIONING', 'PROVISIONING', 'PROVISIONING']);

    await world.asOwner(leasedRuns.release, [world.access.holding.id]);
    const told = await world.asOwner<{ key: string }>(
      `SELECT key FROM graphile_worker._private_jobs WHERE key = 'access.takeUpLeft'`,
    );
    expect(told).toHaveLength(1);
    await Promise.all([takeUp(heir), takeUp(world.replica())]);
    expect(await statuses()).toEqual(['IN_REVIEW', 'ACTIVE', 'ACTIVE', 'ACTIVE']);
    expect(await world.prisma.sagaRun.findMany({ select: { step: true, fence: true, runner: true } })).toEqual([
      { step: 'review', fence: 1n, runner: null },
    ]);
    const waiting = await world.asOwner(`SELECT FROM graphile_worker._private_jobs WHERE key LIKE 'saga:%'`);
    expect(waiting).toHaveLength(1);
  });

  it('is taken up by a replica that sweeps, once the lease of a runner that is stopped has ended', async () => {
    armFaults('access.requestAccess.issuePrepayment.before=throw');
    await expect(ask(world, makeAsking(world))).rejects.toThrow('fault injected');
    armFaults('');
    const { id } = await world.prisma.sagaRun.findFirstOrThrow({ where: { runner: { not: null } } });
    await world.asOwner(`UPDATE saga_run SET leased_until = now() + interval '1 hour' WHERE id = $1`, [id]);
    const heir = world.replica();
    const sweep = heir.sweep();
    await world.asOwner(`UPDATE saga_run SET leased_until = now() WHERE id = $1`, [id]);
    const status = async () => (await world.prisma.accessRequest.findUniqueOrThrow({ where: { id } })).status;
    await expect.poll(status, { timeout: 20_000 }).toBe('ACTIVE');
    await sweep.stop();
    await heir.drain();
    expect(await world.asOwner('SELECT FROM graphile_worker._private_jobs WHERE key = $1', [`saga:${id}`])).toEqual([]);
  });
});
