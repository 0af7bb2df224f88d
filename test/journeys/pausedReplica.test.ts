import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../cli/tour/graph.js';
import { loadServiceKeys } from '../../platform/auth/serviceKeys.js';
import { connectEmbeddedDatabase } from '../../platform/database/connectEmbeddedDatabase.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { announcedUrl } from '../../platform/server/runDirectory.js';
import type { RunningService } from '../../platform/server/settings.js';
import { startAccess } from '../../subgraphs/access/main.js';
import { assertInvariants } from '../invariants/assertInvariants.js';
import { type CrashStand, startCrashStand } from '../support/crashStand.js';

/*
 * Two replicas of access on one database: the first is stopped (SIGSTOP) in the middle of a chain until its lease is over
 * and the second has brought the chain to its end; then it goes on where it stood. What it does late changes nothing:
 * its calls have the keys of the second's, its writes an older fence.
 */
const endsAt = new Date(Date.now() + 30 * 86_400_000).toISOString();

describe('two replicas of access, one paused past its lease', () => {
  let stand: CrashStand;
  let second: RunningService;
  beforeAll(async () => {
    stand = await startCrashStand();
    const { home } = stand;
    const { urls } = await connectEmbeddedDatabase(home);
    const config = { logLevel: 'silent', leaseMs: 2_000, callTimeoutMs: 1_000 };
    second = await startAccess(
      {
        service: 'access',
        home,
        host: '127.0.0.1',
        variables: {},
        port: 0,
        issuer: stand.issuer,
        database: urls('access'),
        peerUrl: (target) => announcedUrl(home, target),
        keys: await loadServiceKeys(home, 'access'),
      },
      { config },
    );
  });
  afterAll(async () => {
    await second.stop();
    await stand.stop();
  });

  it.each([
    ['before its call', 'STORAGE', 'provision.before'],
    ['after its call', 'STORAGE', 'provision.after'],
    ['before its call', 'COMPUTE', 'captureHold.before'],
    ['after its call', 'STORAGE', 'captureHold.after'],
    ['after its last call', 'COMPUTE', 'activate.after'],
  ] as const)('%s (%s, %s): no double effect', async (_when, offer, at) => {
    const point = `access.requestAccess.${at}`;
    const name = `${offer}-${at}`;
    await stand.arm({ [point]: 'pause' });
    const input = {
      idempotencyKey: name,
      offerId: offer === 'STORAGE' ? wellKnown.offerStorage : wellKnown.offerCompute,
      quantity: '2',
      endsAt,
      accountId: stand.accountId,
      name,
    };
    const asked = stand.ask('requestAccess', input, 'accessRequest { status }');
    await stand.fired(point);
    process.kill(stand.pidOf('access'), 'SIGSTOP');
    const read = async () =>
      (
        await stand.sql<{ id: string; status: string }>('SELECT id, status FROM access_request WHERE name = $1', [name])
      )[0];
    const request = await eventually(60, 'The second replica did not take over.', async () => {
      const found = await read();
      return found?.status === 'ACTIVE' ? found : null;
    });
    const before = await trail(request.id);
    // It wakes up in the middle of its step, with everything it knew.
    const after = point.replace(/before$/, 'after');
    await stand.arm(after === point ? {} : { [after]: 'pause' });
    process.kill(stand.pidOf('access'), 'SIGUSR2');
    process.kill(stand.pidOf('access'), 'SIGCONT');
    if (after !== point) {
      // Its late call was made and answered.
      await stand.fired(after);
      stand.resume('access');
    }
    await asked;
    await eventually(60, 'The first replica does not serve any more.', async () =>
      (await stand.ask('requestAccess', input, 'accessRequest { status }')) === null ? null : true,
    );
    expect(await read()).toEqual(request);
    expect(await trail(request.id)).toEqual(before);
    expect(before.filter(({ result }) => result === 'OK').map(({ step }) => step)).toEqual([
      'verifyIdentity',
      'quote',
      'openEscrow',
      'provision',
      'issuePrepayment',
      'captureHold',
      'activate',
    ]);
    await assertInvariants(stand.urls);
  });

  const trail = (id: string) =>
    stand.sql<{ step: string; result: string }>(
      'SELECT step, result FROM access_request_event WHERE request_id = $1 ORDER BY id',
      [id],
    );
});
