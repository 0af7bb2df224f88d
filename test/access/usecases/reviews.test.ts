import { describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { callOf, credits, inDays, makePerson, trailOf } from '../support/accessWorld.js';
import { reviewWorld } from '../support/reviewWorld.js';

const DAY_MS = 86_400_000;

const reviewing = reviewWorld();
const { approve, deny, withdraw, revise, waiting, available, endOf, expectUndone } = reviewing;

describe('a reviewed request', () => {
  it('waits with the price reserved and nothing made', async () => {
    const { request, accountId } = await waiting();
    expect(request).toMatchObject({ status: 'IN_REVIEW', quantityMicros: 10_000_000n, revision: 0 });
    expect(request.reviewDeadline?.getTime()).toBeCloseTo(Date.now() + 14 * DAY_MS, -5);
    expect(available({ accountId })).toBe(credits(90));
    expect(reviewing.world.fake.keysOf(request.id)).toEqual(['openEscrow']);
    // The hold outlives the review and the chain after it.
    expect(reviewing.world.fake.escrows.get(request.grantId)?.holdExpiresInSeconds).toBe(15 * 86_400 + 900);
    expect((await trailOf(reviewing.world, request.id)).slice(2)).toEqual(['openEscrow OK', 'present OK']);
  });

  it('goes to its end within the call that approves it', async () => {
    const { request, admins, accountId } = await waiting();
    const approved = await approve(admins[0], request, { reason: 'Good.' });
    expect(approved).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
    expect(available({ accountId })).toBe(credits(90));
    expect(reviewing.world.fake.drives.get(request.grantId)).toBe('ACTIVE');
    expect((await trailOf(reviewing.world, request.id)).slice(3)).toEqual(
      ['present', 'approve', 'review', 'provision', 'issuePrepayment', 'captureHold', 'activate'].map((s) => `${s} OK`),
    );
    const reviews = await reviewing.world.access.makeLoaders().reviews.load(request.id);
    expect(reviews).toMatchObject([
      { reviewerId: admins[0].userId, verdict: 'APPROVED', quantityMicros: 10_000_000n, reason: 'Good.' },
    ]);
  });

  it('waits for its people as long as they take: the time of the chain begins with the approval', async () => {
    const { request, admins } = await waiting({}, {});
    reviewing.world.clock.set(new Date(Date.now() + 13 * DAY_MS));
    expect(await approve(admins[0], request)).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
  });

  it.each([
    [{ quantity: '4' }, 4_000_000n, credits(4)],
    [{ amount: { amount: '2.5', unit: 'CREDIT' } }, 2_500_000n, 2_500_000n],
    [{ amount: { amount: '99', unit: 'CREDIT' } }, 10_000_000n, credits(10)],
  ])('is approved in part: %j', async (part, quantityMicros, paidMicros) => {
    const { request, admins, accountId } = await waiting();
    const approved = await approve(admins[0], request, part);
    expect(approved).toMatchObject({
      ok: true,
      value: { status: 'ACTIVE', quantityMicros, total: { micros: paidMicros } },
    });
    const grant = await reviewing.world.prisma.grant.findUniqueOrThrow({ where: { id: request.grantId } });
    expect(grant).toMatchObject({ quantityMicros, paidMicros });
    expect(reviewing.world.fake.escrows.get(request.grantId)?.balance).toBe(paidMicros);
    // What was reserved beyond it is free.
    expect(available({ accountId })).toBe(credits(100) - paidMicros);
    expect(reviewing.world.fake.quotas.get(request.grantId)).toBe((quantityMicros * 2n ** 30n + 999_999n) / 1_000_000n);
  });

  it.each([
    [{ quantity: '10.000001' }, 'QUANTITY_OUT_OF_RANGE'],
    [{ quantity: '0' }, 'QUANTITY_OUT_OF_RANGE'],
    [{ amount: { amount: '1', unit: 'HOURS' } }, 'UNIT_MISMATCH'],
    [{ amount: { amount: '0', unit: 'CREDIT' } }, 'AMOUNT_NOT_POSITIVE'],
    [{ quantity: '1', amount: { amount: '1', unit: 'CREDIT' } }, 'INVALID_INPUT'],
    [{ reason: 'x'.repeat(2_001) }, 'INVALID_INPUT'],
  ])('is not approved with %j', async (part, code) => {
    const { request, admins } = await waiting();
    expect(await approve(admins[0], request, part)).toMatchObject({ ok: false, refusal: { code } });
    expect(await reviewing.world.access.makeLoaders().requests.load(request.id)).toMatchObject({ status: 'IN_REVIEW' });
  });

  it('is DENIED with a reason, and everything undone', async () => {
    const { request, admins, accountId } = await waiting();
    expect(await deny(admins[0], request, ' ')).toMatchObject({
      ok: false,
      refusal: { code: 'INVALID_INPUT', path: ['reason'] },
    });
    expect(await deny(admins[0], request)).toMatchObject({ ok: true, value: { status: 'DENIED', failure: null } });
    await expectUndone({ request, accountId });
    expect(await endOf(request)).toEqual(['REQUEST_DENIED']);
    const [review] = await reviewing.world.access.makeLoaders().reviews.load(request.id);
    expect(review).toMatchObject({ verdict: 'DENIED', reason: 'No room this year.', quantityMicros: null });
    // To say it again, as after a lost answer, changes nothing.
    expect(await deny(admins[0], request)).toMatchObject({ ok: true, value: { status: 'DENIED' } });
    expect(await approve(admins[1], request)).toMatchObject({ ok: false, refusal: { code: 'REQUEST_ENDED' } });
    expect(await withdraw(makePerson({ userId: request.requesterId }), request)).toMatchObject({
      ok: false,
      refusal: { code: 'REQUEST_ENDED' },
    });
  });

  it('is WITHDRAWN by who asked, not by its reviewers, and everything undone', async () => {
    const { request, admins, person, accountId } = await waiting();
    await expect(withdraw(admins[0], request)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await withdraw(person, request)).toMatchObject({ ok: true, value: { status: 'WITHDRAWN' } });
    await expectUndone({ request, accountId });
    expect(await endOf(request)).toEqual(['REQUEST_WITHDRAWN']);
    expect(await withdraw(person, request)).toMatchObject({ ok: true, value: { status: 'WITHDRAWN' } });
  });

  it('is EXPIRED at the deadline: at once for whoever looks, and undone by a durable task', async () => {
    const { request, admins, person, accountId } = await waiting();
    const queued = await reviewing.world.asOwner<{ run_at: Date }>(
      `SELECT run_at FROM graphile_worker._private_jobs WHERE key = 'saga:' || $1`,
      [request.id],
    );
    expect(queued).toHaveLength(1);
    expect(queued[0]?.run_at.getTime()).toBeCloseTo(request.reviewDeadline?.getTime() ?? 0, -4);
    reviewing.world.clock.set(request.reviewDeadline);
    expect(reviewing.world.access.usecases.requestStatus(request)).toBe('UNDOING');
    const list = (status: 'IN_REVIEW' | 'UNDOING') =>
      reviewing.world.access.usecases.listAccessRequests(person, { status, toReview: false, first: 10, after: null });
    expect((await list('IN_REVIEW')).nodes).toEqual([]);
    expect((await list('UNDOING')).nodes).toMatchObject([{ id: request.id }]);
    expect(await approve(admins[0], request)).toMatchObject({ ok: false, refusal: { code: 'REQUEST_NOT_IN_REVIEW' } });
    // The answer to the approval waited for the chain, which has gone on by itself.
    await reviewing.world.work();
    expect(await reviewing.world.access.makeLoaders().requests.load(request.id)).toMatchObject({
      status: 'EXPIRED',
      failure: null,
    });
    await expectUndone({ request, accountId });
    expect(await endOf(request)).toEqual(['REVIEW_EXPIRED']);
    expect((await trailOf(reviewing.world, request.id)).slice(-2)).toEqual([
      'review REVIEW_EXPIRED',
      'abandonEscrow OK',
    ]);
  });

  it('is decided on before its window is over, and not after', async () => {
    const endsAt = inDays(5);
    const { request, admins, accountId } = await waiting({}, { endsAt });
    expect(request.reviewDeadline).toEqual(endsAt);
    reviewing.world.clock.set(endsAt);
    expect(await approve(admins[0], request)).toMatchObject({ ok: false, refusal: { code: 'WINDOW_INVALID' } });
    await reviewing.world.work();
    expect(await reviewing.world.access.makeLoaders().requests.load(request.id)).toMatchObject({ status: 'EXPIRED' });
    await expectUndone({ request, accountId });
    expect(await approve(admins[0], request)).toMatchObject({ ok: false, refusal: { code: 'REQUEST_ENDED' } });
  });

  it.each([
    ['at the end of the window, by itself', 30, credits(9)],
    ['early, by the holder', 6, credits(1)],
  ])('of a drive that is approved three days late is paid from then on, ended %s', async (_when, days, earned) => {
    const { request, admins, accountId, person, input } = await waiting();
    const inWindow = (day: number) => new Date(input.startsAt.getTime() + day * DAY_MS);
    reviewing.world.clock.set(inWindow(3));
    expect(await approve(admins[0], request)).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
    const { grantId } = request;
    expect(await reviewing.world.prisma.grant.findUnique({ where: { id: grantId } })).toMatchObject({
      activatedAt: inWindow(3),
    });
    reviewing.world.clock.set(inWindow(days));
    if (days === 30) await reviewing.world.work();
    else await reviewing.world.access.usecases.endGrant(callOf(person), { idempotencyKey: newId('audit'), grantId });
    expect(await reviewing.world.prisma.grant.findUnique({ where: { id: grantId } })).toMatchObject({
      state: 'ENDED',
      refundedMicros: credits(10) - earned,
    });
    expect(available({ accountId })).toBe(credits(100) - earned);
  });

  it('is revised by the requester, never to more than was quoted', async () => {
    const { request, admins, person } = await waiting();
    await expect(revise(admins[0], request, { quantity: '1' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await revise(person, request, {})).toMatchObject({ ok: false, refusal: { code: 'INVALID_INPUT' } });
    expect(await revise(person, request, { quantity: '11' })).toMatchObject({
      ok: false,
      refusal: { code: 'QUANTITY_OUT_OF_RANGE' },
    });
    expect(await revise(person, request, { name: ' ' })).toMatchObject({
      ok: false,
      refusal: { code: 'INVALID_INPUT' },
    });
    const revised = await revise(person, request, { quantity: '3', justification: 'Less will do.' });
    expect(revised).toMatchObject({
      ok: true,
      value: {
        status: 'IN_REVIEW',
        revision: 1,
        quantityMicros: 3_000_000n,
        justification: 'Less will do.',
        name: 'My drive',
      },
    });
    expect(await approve(admins[0], request)).toMatchObject({
      ok: true,
      value: { status: 'ACTIVE', total: { micros: credits(3) } },
    });
    expect(await revise(person, request, { quantity: '1' })).toMatchObject({
      ok: false,
      refusal: { code: 'REQUEST_ENDED' },
    });
  });

  it('is approved as it was read: a revision in between is refused, until it was read as well', async () => {
    const { request, admins, person, accountId } = await waiting();
    const idempotencyKey = newId('audit');
    await revise(person, request, { justification: 'For something else.' });
    const stale = { ok: false, refusal: { code: 'REQUEST_REVISED', message: expect.stringContaining('revision 1') } };
    expect(await approve(admins[0], request, { idempotencyKey, revision: 0 })).toMatchObject(stale);
    expect(await approve(admins[0], request, { revision: 2 })).toMatchObject(stale);
    expect(available({ accountId })).toBe(credits(90));
    expect(await reviewing.world.access.makeLoaders().reviews.load(request.id)).toEqual([]);
    expect(await approve(admins[0], request, { revision: 1 })).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
    expect(await approve(admins[0], request, { idempotencyKey, revision: 0 })).toMatchObject(stale);
  });

  it('is revised twenty times at most', async () => {
    const { request, person } = await waiting();
    await reviewing.world.prisma.accessRequest.update({ where: { id: request.id }, data: { revision: 20 } });
    expect(await revise(person, request, { quantity: '1' })).toMatchObject({
      ok: false,
      refusal: { type: 'LimitExceeded', code: 'LIMIT_EXCEEDED', limit: 'revisions' },
    });
  });

  it('survives a provisioning that is refused after the approval: FAILED, undone', async () => {
    const { request, admins, accountId } = await waiting();
    reviewing.world.fake.plan('provisionDrive', { kind: 'refuse' });
    expect(await approve(admins[0], request)).toMatchObject({ ok: true, value: { status: 'FAILED' } });
    await expectUndone({ request, accountId });
  });
});
