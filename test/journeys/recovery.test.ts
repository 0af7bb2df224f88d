import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../cli/tour/graph.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { assertInvariants } from '../invariants/assertInvariants.js';
import { type CrashStand, startCrashStand } from '../support/crashStand.js';

/*
 * Many chains in the hands of one process that is killed, evenly at nine points: the next one takes up all of them without
 * waiting for their leases, each ends ACTIVE or FAILED, and the invariants of the whole system hold. How long a thousand
 * take is measured by `npm run bench recovery`.
 */
const CHAINS = 54;
const STEPS = ['provision', 'issuePrepayment', 'captureHold', 'activate'];
const POINTS = ['openEscrow.after', ...STEPS.flatMap((step) => [`${step}.before`, `${step}.after`])];
const endsAt = new Date(Date.now() + 30 * 86_400_000).toISOString();

describe(`${CHAINS} chains in the middle when access is killed`, () => {
  let stand: CrashStand;
  beforeAll(async () => {
    // Longer than the test: who waits for a lease to end does not pass. A busy machine is no slow side here.
    stand = await startCrashStand({ ACCESS_LEASE_MS: '99999', ACCESS_CALL_TIMEOUT_MS: '30000' });
  });
  afterAll(async () => {
    // What is paused does not end by itself.
    await stand.kill('access');
    await stand.stop();
  });

  it('are all taken up by its next process, and end', async () => {
    const each = CHAINS / POINTS.length;
    await stand.arm(Object.fromEntries(POINTS.map((point) => [`access.requestAccess.${point}`, `pause*${each}`])));
    let isKilled = false;
    const asked = Array.from({ length: CHAINS }, async (_, index) => {
      while (
        !isKilled &&
        (await stand.ask('requestAccess', wishOf(stand, index), 'accessRequest { status }')) === null
      );
    });
    await eventually(60, 'Not all chains are in the middle.', async () =>
      stand.pausesOf('access') === CHAINS ? true : null,
    );
    isKilled = true;
    await stand.kill('access');
    await Promise.all(asked);
    const leased = 'SELECT count(*)::int AS count FROM saga_run WHERE leased_until > now()';
    expect(await stand.sql(leased)).toEqual([{ count: CHAINS }]);

    await stand.revive('access');
    await eventually(60, 'The chains do not end.', async () =>
      (await stand.sql('SELECT id FROM saga_run')).length === 0 ? true : null,
    );
    const ends = await stand.sql<{ status: string; count: number }>(
      'SELECT status, count(*)::int AS count FROM access_request GROUP BY status ORDER BY status',
    );
    // Nobody but the person can have the price reserved: what was interrupted there is undone.
    expect(ends).toEqual([
      { status: 'ACTIVE', count: CHAINS - each },
      { status: 'FAILED', count: each },
    ]);
    expect(await stand.sql(`SELECT FROM graphile_worker._private_jobs WHERE key LIKE 'saga:%'`)).toEqual([]);
    await assertInvariants(stand.urls);
  });
});

/** Drives and cores in turn. */
const wishOf = ({ accountId }: CrashStand, index: number) => ({
  idempotencyKey: `recovery-${index}`,
  offerId: index % 2 === 0 ? wellKnown.offerStorage : wellKnown.offerCompute,
  quantity: '1',
  endsAt,
  accountId,
  name: `recovery-${index}`,
});
