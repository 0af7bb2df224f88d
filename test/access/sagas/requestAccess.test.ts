import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { armFaults } from '../../../platform/faultpoint.js';
import { forbidden } from '../../../platform/kernel/faults.js';
import { refused } from '../../../platform/kernel/refusal.js';
import { countSagas } from '../../../subgraphs/access/persistence/sagaRuns.js';
import {
  type AccessWorld,
  type Asking,
  ask,
  callOf,
  credits,
  firstAttempt,
  makeAccessWorld,
  makeAsking,
  makeComputeAsking,
  trailOf,
} from '../support/accessWorld.js';

// Invariants after every mishap, once the work that is waiting was done:
// S1 the request is ACTIVE or FAILED; S2 no money came or went; S3 ACTIVE: the escrow holds what was paid and the
// resource is in use; S4 FAILED: the payer has all of its money, and nothing of the grant is left; S5 no run is left.

/** The machine may be busy with other tests. */
const patience = { timeout: 60_000 };

let world: AccessWorld;
beforeAll(async () => {
  world = await makeAccessWorld();
});
afterEach(() => armFaults(''));
afterAll(() => world.stop());

/** Lets the lease lapse and does what is waiting, until nothing is. */
async function recover(by = world.access): Promise<void> {
  for (let round = 0; round < 20 && (await world.prisma.sagaRun.count()) > 0; round += 1) {
    await world.lapse();
    await world.work(by);
  }
}

/** Checks S1 to S5 and gives the request. */
async function settled({ accountId }: Asking, before: bigint) {
  const request = await world.prisma.accessRequest.findFirstOrThrow({ where: { accountId } });
  expect(['ACTIVE', 'FAILED']).toContain(request.status);
  expect(world.fake.total()).toBe(before);
  expect(await world.prisma.sagaRun.count()).toBe(0);
  const available = world.fake.available.get(accountId) ?? 0n;
  if (request.status === 'ACTIVE') {
    const grant = await world.prisma.grant.findUniqueOrThrow({ where: { id: request.grantId } });
    expect(world.fake.escrows.get(grant.id)).toMatchObject({ balance: grant.paidMicros, invoice: 'PAID' });
    expect(world.fake.drives.get(grant.id) ?? world.fake.allocations.get(grant.id)).toBe('ACTIVE');
    expect(available).toBe(credits(100) - grant.paidMicros);
  } else {
    expect(world.fake.isClean(request.grantId)).toBe(true);
    expect(available).toBe(credits(100));
    expect(await world.prisma.grant.count({ where: { id: request.grantId } })).toBe(0);
  }
  return request;
}

describe('a step that is refused', () => {
  const why = refused('RESOURCES_UNAVAILABLE', 'full');
  it.each([
    ['provisionDrive', ['provision'], ['abandonEscrow']],
    ['issuePrepayment', ['provision', 'issuePrepayment'], ['deprovision', 'abandonEscrow']],
    [
      'captureHold',
      ['provision', 'issuePrepayment', 'captureHold'],
      ['voidPrepayment', 'deprovision', 'abandonEscrow'],
    ],
    [
      'activateDrive',
      ['provision', 'issuePrepayment', 'captureHold', 'activate'],
      ['returnMoney:close', 'deprovision', 'abandonEscrow'],
    ],
  ])('%s: FAILED, and everything before it undone, last first', async (method, steps, undone) => {
    const asking = makeAsking(world);
    const before = world.fake.total();
    world.fake.plan(method, { kind: 'refuse', refusal: why });
    const request = await ask(world, asking);
    expect(request).toMatchObject({ status: 'FAILED', failure: why });
    expect(world.fake.keysOf(request.id)).toEqual(['openEscrow', ...steps, ...undone]);
    await settled(asking, before);
    const trail = await trailOf(world, request.id);
    expect(trail).toContain(`${steps.at(-1)} RESOURCES_UNAVAILABLE`);
    expect(trail.at(-1)).toBe('abandonEscrow OK');
  });

  it('or whose call a peer rejects as wrong is FAILED with PROVISIONING_FAILED', async () => {
    const asking = makeComputeAsking(world);
    const before = world.fake.total();
    world.fake.plan('provisionAllocation', { kind: 'throw', error: forbidden() });
    expect(await ask(world, asking)).toMatchObject({ status: 'FAILED', failure: { code: 'PROVISIONING_FAILED' } });
    await settled(asking, before);
  });
});

const FORWARD = ['openEscrow', 'provision', 'issuePrepayment', 'captureHold', 'activate'];
const UNDO = ['returnMoney', 'voidPrepayment', 'deprovision', 'abandonEscrow'];

describe('a crash', () => {
  const points = ['submit.after', ...FORWARD.flatMap((step) => [`${step}.before`, `${step}.after`])];
  it.each(points)('at %s is recovered by a fresh runner', async (point) => {
    const asking = point.length % 2 === 0 ? makeAsking(world) : makeComputeAsking(world);
    const before = world.fake.total();
    armFaults(`access.requestAccess.${point}=throw`);
    await expect(world.access.usecases.requestAccess(callOf(asking.person), asking.input)).rejects.toThrow(
      'fault injected',
    );
    await recover(world.replica());
    const request = await settled(asking, before);
    // Only the person could have opened the escrow: a chain that was interrupted there is given up.
    const isEarly = point.startsWith('submit') || point.startsWith('openEscrow');
    expect(request).toMatchObject(
      isEarly ? { status: 'FAILED', failure: { code: 'CHAIN_INTERRUPTED' } } : { status: 'ACTIVE' },
    );
    const again = await world.access.usecases.requestAccess(callOf(asking.person), asking.input);
    expect(again).toMatchObject({ ok: true, value: { id: request.id, status: request.status } });
  });

  it('before the first commit leaves nothing, and the key is free', async () => {
    const asking = makeAsking(world);
    armFaults('access.requestAccess.submit.before=throw');
    await expect(ask(world, asking)).rejects.toThrow('fault injected');
    expect(await world.prisma.accessRequest.count({ where: { accountId: asking.accountId } })).toBe(0);
    expect(await ask(world, asking)).toMatchObject({ status: 'ACTIVE' });
  });

  it.each(UNDO.flatMap((step) => [`${step}.before`, `${step}.after`]))(
    'at %s, while undoing, is recovered',
    async (point) => {
      const asking = makeAsking(world);
      const before = world.fake.total();
      world.fake.plan('activateDrive', { kind: 'refuse', refusal: refused('DRIVE_NOT_ACTIVE', 'no') });
      armFaults(`access.requestAccess.${point}=throw`);
      await expect(ask(world, asking)).rejects.toThrow('fault injected');
      await recover(world.replica());
      expect(await settled(asking, before)).toMatchObject({ status: 'FAILED', failure: { code: 'DRIVE_NOT_ACTIVE' } });
    },
  );
});

describe('an answer that is lost', () => {
  it.each(['openEscrow', 'provisionDrive', 'issuePrepayment', 'captureHold', 'activateDrive'])(
    'of %s is asked for again with the same key: one effect',
    async (method) => {
      const asking = makeAsking(world);
      const before = world.fake.total();
      world.fake.plan(method, { kind: 'lost', times: 2 });
      const request = await ask(world, asking);
      expect(request.status).toBe('ACTIVE');
      expect(world.fake.keysOf(request.id)).toHaveLength(7);
      expect(new Set(world.fake.keysOf(request.id)).size).toBe(5);
      await settled(asking, before);
    },
  );

  it('of openEscrow, and then a crash: the hold is found and given back', async () => {
    const asking = makeAsking(world);
    const before = world.fake.total();
    world.fake.plan('openEscrow', { kind: 'lost' });
    armFaults('access.requestAccess.openEscrow.after=throw');
    await expect(ask(world, asking)).rejects.toThrow('fault injected');
    expect(world.fake.available.get(asking.accountId)).toBeLessThan(credits(100));
    await recover(world.replica());
    const request = await settled(asking, before);
    expect(request).toMatchObject({ status: 'FAILED', failure: { code: 'CHAIN_INTERRUPTED' } });
    expect(world.fake.keysOf(request.id)).toEqual(['openEscrow', 'abandonEscrow']);
    expect(await trailOf(world, request.id)).toEqual([
      'verifyIdentity OK',
      'quote OK',
      'openEscrow CHAIN_INTERRUPTED',
      'abandonEscrow OK',
    ]);
  });

  it('of openEscrow, and then a fault of the caller: the escrow is given up', async () => {
    const asking = makeAsking(world);
    const before = world.fake.total();
    world.fake.plan('openEscrow', { kind: 'lost' });
    world.fake.plan('openEscrow', { kind: 'throw', error: forbidden() });
    expect(await ask(world, asking)).toMatchObject({ status: 'FAILED', failure: { code: 'PROVISIONING_FAILED' } });
    await settled(asking, before);
  });

  it.each(['lost', 'down'] as const)(
    'of captureHold until the chain is out of time (%s): the money is found where it is, and returned',
    async (kind) => {
      const asking = makeAsking(world);
      const before = world.fake.total();
      world.fake.plan('captureHold', { kind });
      armFaults('access.requestAccess.captureHold.after=throw');
      await expect(ask(world, asking)).rejects.toThrow('fault injected');
      world.clock.set(new Date(Date.now() + 15 * 60_000));
      await recover(world.replica());
      world.clock.set(null);
      const request = await settled(asking, before);
      expect(request).toMatchObject({ status: 'FAILED', failure: { code: 'CHAIN_TIMED_OUT' } });
      const undone =
        kind === 'lost' ? ['returnMoney:release', 'returnMoney:close'] : ['returnMoney:release', 'voidPrepayment'];
      expect(world.fake.keysOf(request.id).slice(4)).toEqual([...undone, 'deprovision', 'abandonEscrow']);
    },
  );
});

describe('a peer that is away', () => {
  it('is asked until it is back, in the background', async () => {
    const asking = makeAsking(world);
    const before = world.fake.total();
    world.fake.plan('provisionDrive', { kind: 'down', times: 4 });
    const answer = await world.access.usecases.requestAccess(
      callOf(asking.person, { deadlineAt: Date.now() + 700 }),
      asking.input,
    );
    expect(answer).toMatchObject({ ok: true, value: { status: 'PROVISIONING' } });
    expect(await ask(world, asking)).toMatchObject({ status: 'ACTIVE' });
    await settled(asking, before);
  });

  it('for a quarter of an hour makes the request FAILED with CHAIN_TIMED_OUT', async () => {
    const asking = makeAsking(world);
    const before = world.fake.total();
    world.fake.plan('provisionDrive', { kind: 'down', times: 2 });
    const asked = ask(world, asking);
    setTimeout(() => world.clock.set(new Date(Date.now() + 15 * 60_000)), 120);
    expect(await asked).toMatchObject({ status: 'FAILED', failure: { code: 'CHAIN_TIMED_OUT' } });
    world.clock.set(null);
    await settled(asking, before);
  });

  it('while undoing is asked for ever, the queue sleeping the long pauses', async () => {
    const asking = makeAsking(world);
    const before = world.fake.total();
    world.fake.plan('activateDrive', { kind: 'refuse', refusal: refused('DRIVE_NOT_ACTIVE', 'no') });
    world.fake.plan('closeDrive', { kind: 'down', times: 8 });
    const answer = await world.access.usecases.requestAccess(
      callOf(asking.person, { deadlineAt: Date.now() + 3_000 }),
      asking.input,
    );
    expect(answer).toMatchObject({ ok: true, value: { status: 'UNDOING' } });
    // 0.1 + 0.2 + ... + 1.6 s are slept here, what is longer by the queue.
    await expect.poll(() => world.work(), patience).toBeGreaterThan(0);
    await recover();
    await settled(asking, before);
  });

  it('and refuses an undo is asked again under a fresh key', async () => {
    const asking = makeAsking(world);
    const before = world.fake.total();
    world.fake.plan('provisionDrive', { kind: 'refuse' });
    world.fake.plan('abandonEscrow', { kind: 'refuse' });
    const request = await ask(world, asking);
    expect(world.fake.keysOf(request.id)).toEqual(['openEscrow', 'provision', 'abandonEscrow', 'abandonEscrow:1']);
    await settled(asking, before);
  });
});

describe('several runners', () => {
  it('a stale one cannot write: the new one has the fence', async () => {
    const asking = makeAsking(world);
    const before = world.fake.total();
    let wake: () => void = () => {};
    world.fake.hold(
      'provisionDrive',
      new Promise((resolve) => {
        wake = resolve;
      }),
    );
    const stale = ask(world, asking);
    await expect.poll(() => world.prisma.sagaRun.count({ where: { step: 'provision' } }), patience).toBe(1);
    await world.lapse();
    const fresh = world.work(world.replica());
    await expect.poll(() => world.prisma.sagaRun.count({ where: { fence: 2n } }), patience).toBe(1);
    wake();
    await fresh;
    // The stale one finds its lease lost, leaves, and answers with what the fresh one made of it.
    const request = await stale;
    expect(request.status).toBe('ACTIVE');
    await settled(asking, before);
    const trail = await trailOf(world, request.id);
    expect(new Set(trail).size).toBe(trail.length);
    expect(world.fake.keysOf(request.id).filter((key) => key === 'captureHold')).toHaveLength(1);
  });

  it('two that take up the same run: one has it, the other looks again later', async () => {
    const asking = makeAsking(world);
    const before = world.fake.total();
    armFaults('access.requestAccess.provision.before=throw');
    await expect(ask(world, asking)).rejects.toThrow('fault injected');
    const { id } = await world.prisma.sagaRun.findFirstOrThrow();
    await world.lapse();
    await Promise.all(
      [world.access, world.replica()].map((by) =>
        by.tasks['access.resumeSaga']?.({ saga: 'requestAccess', id }, firstAttempt),
      ),
    );
    const request = await settled(asking, before);
    expect(request.status).toBe('ACTIVE');
    expect(world.fake.keysOf(id).filter((key) => key === 'captureHold')).toHaveLength(1);
    await world.work();
  });

  it('one that is stopped hands over', async () => {
    const asking = makeAsking(world);
    const before = world.fake.total();
    const stopping = world.replica();
    let wake: () => void = () => {};
    world.fake.hold(
      'issuePrepayment',
      new Promise((resolve) => {
        wake = resolve;
      }),
    );
    const asked = stopping.usecases.requestAccess(callOf(asking.person), asking.input);
    await expect.poll(() => world.prisma.sagaRun.count({ where: { step: 'issuePrepayment' } }), patience).toBe(1);
    const drained = stopping.drain();
    wake();
    await drained;
    expect(await asked).toMatchObject({ ok: true, value: { status: 'PROVISIONING' } });
    await world.work();
    expect(await settled(asking, before)).toMatchObject({ status: 'ACTIVE' });
  });
});

describe('an undo that does not come to its end', () => {
  const stuckOf = (target: string) =>
    world.asOwner<{ action: string; outcome: string }>(
      `SELECT action, outcome FROM platform.audit_entry WHERE target = $1 AND action LIKE 'stuck.%' ORDER BY id`,
      [target],
    );
  const counted = async () => (await countSagas(world.prisma)).find(({ saga }) => saga === 'requestAccess');

  it('raises an alarm once, in the audit and the metric, and is tried until it succeeds', patience, async () => {
    const asking = makeAsking(world);
    const before = world.fake.total();
    world.fake.plan('activateDrive', { kind: 'refuse', refusal: refused('DRIVE_NOT_ACTIVE', 'no') });
    world.fake.plan('closeEscrow', { kind: 'down', times: 7 });
    const short = callOf(asking.person, { deadlineAt: Date.now() + 700 });
    const asked = await world.access.usecases.requestAccess(short, asking.input);
    const id = asked.ok ? asked.value.id : '';
    await expect.poll(() => stuckOf(id), patience).toEqual([{ action: 'stuck.returnMoney', outcome: 'NO_ANSWER' }]);
    expect(await counted()).toMatchObject({ open: 1, stuck: 1 });
    for (let round = 0; round < 9 && (await world.prisma.sagaRun.count()) > 0; round += 1) {
      await world.lapse();
      await world.work();
    }
    expect(await settled(asking, before)).toMatchObject({ status: 'FAILED' });
    expect(await stuckOf(id)).toHaveLength(1);
    expect(await counted()).toBeUndefined();
  });
});

describe('the database', () => {
  it('keeps the trail, and what has ended, from any change, also by the owner', async () => {
    const { id } = await ask(world, makeAsking(world));
    await expect(world.asOwner('DELETE FROM access_request_event WHERE request_id = $1', [id])).rejects.toThrow(
      'append-only',
    );
    await expect(world.asOwner(`UPDATE access_request_event SET result = 'OK'`)).rejects.toThrow('append-only');
    await expect(world.asOwner(`UPDATE access_request SET hold_id = NULL WHERE id = $1`, [id])).rejects.toThrow(
      'has ended',
    );
    await expect(world.asOwner('DELETE FROM access_request WHERE id = $1', [id])).rejects.toThrow('is kept');
  });

  it('lets the serving role change no price and no amount', async () => {
    for (const sql of [
      'UPDATE offer SET payee_account_id = id',
      'UPDATE offer_version SET price_micros = 1',
      'DELETE FROM access_review',
      'UPDATE quote SET total_micros = 1',
      'UPDATE access_grant SET price_micros = 1',
      'UPDATE grant_part SET paid_micros = 1',
      'DELETE FROM access_grant',
      'DELETE FROM access_request_event',
    ]) {
      await expect(world.prisma.$executeRawUnsafe(sql), sql).rejects.toThrow(/permission denied/);
    }
    await ask(world, makeAsking(world));
    for (const change of ['paid_micros = paid_micros + 1', 'paid_micros = 1', "ends_at = ends_at - interval '1 s'"]) {
      const sql = `UPDATE access_grant SET ${change}`;
      await expect(world.prisma.$executeRawUnsafe(sql), sql).rejects.toThrow(/grows by what was paid/);
    }
  });
});
