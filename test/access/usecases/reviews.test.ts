import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../../platform/auth/viewer.js';
import { newId } from '../../../platform/kernel/ids.js';
import type { AccessRequest } from '../../../subgraphs/access/domain/accessRequest.js';
import {
  type AccessWorld,
  ask,
  callOf,
  credits,
  inDays,
  makeAccessWorld,
  makePerson,
  trailOf,
  withRoles,
} from '../support/accessWorld.js';
import { askingFor, makeReviewedOffer } from '../support/reviewedOffers.js';

const DAY_MS = 86_400_000;

let world: AccessWorld;
beforeAll(async () => {
  world = await makeAccessWorld();
});
afterEach(() => world.clock.set(null));
afterAll(() => world.stop());

const approve = (by: Person, { id }: Pick<AccessRequest, 'id'>, over: object = {}) =>
  world.access.usecases.approveAccessRequest(callOf(by), {
    idempotencyKey: newId('audit'),
    accessRequestId: id,
    ...over,
  });
const deny = (by: Person, { id }: Pick<AccessRequest, 'id'>, reason = 'No room this year.') =>
  world.access.usecases.denyAccessRequest(callOf(by), { accessRequestId: id, reason });
const withdraw = (by: Person, { id }: Pick<AccessRequest, 'id'>) =>
  world.access.usecases.withdrawAccessRequest(callOf(by), { accessRequestId: id });
const revise = (by: Person, { id }: Pick<AccessRequest, 'id'>, over: object) =>
  world.access.usecases.reviseAccessRequest(callOf(by), { accessRequestId: id, ...over });

/** A request that waits for one of two provider's ADMINs, over 10 CREDIT. */
async function waiting(terms: object = {}, wish: object = {}) {
  const made = await makeReviewedOffer(world, terms);
  const asking = askingFor(world, made.offer, wish);
  return { ...made, ...asking, request: await ask(world, asking) };
}

/** What the payer can still spend. */
const available = ({ accountId }: { readonly accountId: string }) => world.fake.available.get(accountId);

/** Why a chain ended, as the audit says. */
const endOf = async ({ id }: Pick<AccessRequest, 'id'>) =>
  (
    await world.asOwner<{ outcome: string }>(
      `SELECT outcome FROM platform.audit_entry WHERE action = 'requestAccess.end' AND target = $1`,
      [id],
    )
  ).map(({ outcome }) => outcome);

/** Nothing is left of a request: no money, no resource, no run. */
async function expectUndone({ request, accountId }: { readonly request: AccessRequest; readonly accountId: string }) {
  expect(available({ accountId })).toBe(credits(100));
  expect(world.fake.isClean(request.grantId)).toBe(true);
  expect(await world.prisma.sagaRun.count({ where: { id: request.id } })).toBe(0);
  expect(await world.prisma.grant.count({ where: { id: request.grantId } })).toBe(0);
}

describe('a reviewed request', () => {
  it('waits with the price reserved and nothing made', async () => {
    const { request, accountId } = await waiting();
    expect(request).toMatchObject({ status: 'IN_REVIEW', quantityMicros: 10_000_000n, revision: 0 });
    expect(request.reviewDeadline?.getTime()).toBeCloseTo(Date.now() + 14 * DAY_MS, -5);
    expect(available({ accountId })).toBe(credits(90));
    expect(world.fake.keysOf(request.id)).toEqual(['openEscrow']);
    // The hold outlives the review and the chain after it.
    expect(world.fake.escrows.get(request.grantId)?.holdExpiresInSeconds).toBe(15 * 86_400 + 900);
    expect((await trailOf(world, request.id)).slice(2)).toEqual(['openEscrow OK', 'present OK']);
  });

  it('goes to its end within the call that approves it', async () => {
    const { request, admins, accountId } = await waiting();
    const approved = await approve(admins[0], request, { reason: 'Good.' });
    expect(approved).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
    expect(available({ accountId })).toBe(credits(90));
    expect(world.fake.drives.get(request.grantId)).toBe('ACTIVE');
    expect((await trailOf(world, request.id)).slice(3)).toEqual(
      ['present', 'approve', 'review', 'provision', 'issuePrepayment', 'captureHold', 'activate'].map((s) => `${s} OK`),
    );
    const reviews = await world.access.makeLoaders().reviews.load(request.id);
    expect(reviews).toMatchObject([
      { reviewerId: admins[0].userId, verdict: 'APPROVED', quantityMicros: 10_000_000n, reason: 'Good.' },
    ]);
  });

  it('waits for its people as long as they take: the time of the chain begins with the approval', async () => {
    const { request, admins } = await waiting({}, {});
    world.clock.set(new Date(Date.now() + 13 * DAY_MS));
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
    const grant = await world.prisma.grant.findUniqueOrThrow({ where: { id: request.grantId } });
    expect(grant).toMatchObject({ quantityMicros, paidMicros });
    expect(world.fake.escrows.get(request.grantId)?.balance).toBe(paidMicros);
    // What was reserved beyond it is free.
    expect(available({ accountId })).toBe(credits(100) - paidMicros);
    expect(world.fake.quotas.get(request.grantId)).toBe((quantityMicros * 2n ** 30n + 999_999n) / 1_000_000n);
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
    expect(await world.access.makeLoaders().requests.load(request.id)).toMatchObject({ status: 'IN_REVIEW' });
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
    const [review] = await world.access.makeLoaders().reviews.load(request.id);
    expect(review).toMatchObject({ verdict: 'DENIED', reason: 'No room this year.', quantityMicros: null });
    // To say it again, as after a lost answer, changes nothing.
    expect(await deny(admins[0], request)).toMatchObject({ ok: true, value: { status: 'DENIED' } });
    expect(await approve(admins[1], request)).toMatchObject({ ok: false, refusal: { code: 'REQUEST_ENDED' } });
    expect(await withdraw(makePerson({ userId: request.requesterId }), request)).toMatchObject({
      ok: false,
      refusal: { code: 'REQUEST_ENDED' },
    });
  });

  it('is WITHDRAWN by the requester alone, and everything undone', async () => {
    const { request, admins, person, accountId } = await waiting();
    await expect(withdraw(admins[0], request)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await withdraw(person, request)).toMatchObject({ ok: true, value: { status: 'WITHDRAWN' } });
    await expectUndone({ request, accountId });
    expect(await endOf(request)).toEqual(['REQUEST_WITHDRAWN']);
    expect(await withdraw(person, request)).toMatchObject({ ok: true, value: { status: 'WITHDRAWN' } });
  });

  it('is EXPIRED at the deadline: at once for whoever looks, and undone by a durable task', async () => {
    const { request, admins, person, accountId } = await waiting();
    const queued = await world.asOwner<{ run_at: Date }>(
      `SELECT run_at FROM graphile_worker._private_jobs WHERE key = 'saga:' || $1`,
      [request.id],
    );
    expect(queued).toHaveLength(1);
    expect(queued[0]?.run_at.getTime()).toBeCloseTo(request.reviewDeadline?.getTime() ?? 0, -4);
    world.clock.set(request.reviewDeadline);
    expect(world.access.usecases.requestStatus(request)).toBe('UNDOING');
    const list = (status: 'IN_REVIEW' | 'UNDOING') =>
      world.access.usecases.listAccessRequests(person, { status, toReview: false, first: 10, after: null });
    expect((await list('IN_REVIEW')).nodes).toEqual([]);
    expect((await list('UNDOING')).nodes).toMatchObject([{ id: request.id }]);
    expect(await approve(admins[0], request)).toMatchObject({ ok: false, refusal: { code: 'REQUEST_NOT_IN_REVIEW' } });
    // The answer to the approval waited for the chain, which has gone on by itself.
    await world.work();
    expect(await world.access.makeLoaders().requests.load(request.id)).toMatchObject({
      status: 'EXPIRED',
      failure: null,
    });
    await expectUndone({ request, accountId });
    expect(await endOf(request)).toEqual(['REVIEW_EXPIRED']);
    expect((await trailOf(world, request.id)).slice(-2)).toEqual(['review REVIEW_EXPIRED', 'abandonEscrow OK']);
  });

  it('is decided on before its window is over, and not after', async () => {
    const endsAt = inDays(5);
    const { request, admins, accountId } = await waiting({}, { endsAt });
    expect(request.reviewDeadline).toEqual(endsAt);
    world.clock.set(endsAt);
    expect(await approve(admins[0], request)).toMatchObject({ ok: false, refusal: { code: 'WINDOW_INVALID' } });
    await world.work();
    expect(await world.access.makeLoaders().requests.load(request.id)).toMatchObject({ status: 'EXPIRED' });
    await expectUndone({ request, accountId });
    expect(await approve(admins[0], request)).toMatchObject({ ok: false, refusal: { code: 'REQUEST_ENDED' } });
  });

  it.each([
    ['at the end of the window, by itself', 30, credits(9)],
    ['early, by the holder', 6, credits(1)],
  ])('of a drive that is approved three days late is paid from then on, ended %s', async (_when, days, earned) => {
    const { request, admins, accountId, person, input } = await waiting();
    const inWindow = (day: number) => new Date(input.startsAt.getTime() + day * DAY_MS);
    world.clock.set(inWindow(3));
    expect(await approve(admins[0], request)).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
    const { grantId } = request;
    expect(await world.prisma.grant.findUnique({ where: { id: grantId } })).toMatchObject({ activatedAt: inWindow(3) });
    world.clock.set(inWindow(days));
    if (days === 30) await world.work();
    else await world.access.usecases.endGrant(callOf(person), { idempotencyKey: newId('audit'), grantId });
    expect(await world.prisma.grant.findUnique({ where: { id: grantId } })).toMatchObject({
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
    expect(await world.access.makeLoaders().reviews.load(request.id)).toEqual([]);
    expect(await approve(admins[0], request, { revision: 1 })).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
    expect(await approve(admins[0], request, { idempotencyKey, revision: 0 })).toMatchObject(stale);
  });

  it('is revised twenty times at most', async () => {
    const { request, person } = await waiting();
    await world.prisma.accessRequest.update({ where: { id: request.id }, data: { revision: 20 } });
    expect(await revise(person, request, { quantity: '1' })).toMatchObject({
      ok: false,
      refusal: { type: 'LimitExceeded', code: 'LIMIT_EXCEEDED', limit: 'revisions' },
    });
  });

  it('survives a provisioning that is refused after the approval: FAILED, undone', async () => {
    const { request, admins, accountId } = await waiting();
    world.fake.plan('provisionDrive', { kind: 'refuse' });
    expect(await approve(admins[0], request)).toMatchObject({ ok: true, value: { status: 'FAILED' } });
    await expectUndone({ request, accountId });
  });
});

describe('two people', () => {
  const terms = { twoPeopleAboveMicros: credits(9) };

  it('are needed above the limit that the offer names', async () => {
    const { request, admins } = await waiting(terms);
    expect(await approve(admins[0], request)).toMatchObject({ ok: true, value: { status: 'IN_REVIEW' } });
    expect(await approve(admins[0], request)).toMatchObject({ ok: false, refusal: { code: 'ALREADY_REVIEWED' } });
    expect(world.fake.keysOf(request.id)).toEqual(['openEscrow']);
    expect(await approve(admins[1], request)).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
  });

  it('are not needed for a part below it, nor at it', async () => {
    const first = await waiting(terms);
    expect(await approve(first.admins[0], first.request, { quantity: '9' })).toMatchObject({
      ok: true,
      value: { status: 'ACTIVE' },
    });
  });

  it('agree to the smaller part', async () => {
    const { request, admins } = await waiting({ twoPeopleAboveMicros: credits(1) });
    await approve(admins[0], request, { quantity: '5' });
    expect(await approve(admins[1], request, { quantity: '6' })).toMatchObject({
      ok: false,
      refusal: { code: 'QUANTITY_OUT_OF_RANGE' },
    });
    expect(await approve(admins[1], request)).toMatchObject({ ok: true, value: { quantityMicros: 5_000_000n } });
  });

  it('agree to the same revision: after a revision both are needed anew', async () => {
    const { request, admins, person } = await waiting(terms);
    await approve(admins[0], request);
    await revise(person, request, { quantity: '9.5' });
    expect(await approve(admins[1], request)).toMatchObject({ ok: true, value: { status: 'IN_REVIEW' } });
    expect(await approve(admins[0], request)).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
  });

  it('at the same moment are two, and the chain runs once', async () => {
    const { request, admins } = await waiting(terms);
    const answers = await Promise.all([approve(admins[0], request), approve(admins[1], request)]);
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(await world.access.makeLoaders().requests.load(request.id)).toMatchObject({ status: 'ACTIVE' });
    expect(world.fake.keysOf(request.id).filter((key) => key === 'captureHold')).toHaveLength(1);
  });

  it('one denial is enough', async () => {
    const { request, admins } = await waiting(terms);
    await approve(admins[0], request);
    expect(await deny(admins[1], request)).toMatchObject({ ok: true, value: { status: 'DENIED' } });
  });

  it('one denial is enough, also by whoever agreed before', async () => {
    const { request, admins, accountId } = await waiting(terms);
    await approve(admins[0], request);
    expect(await deny(admins[0], request)).toMatchObject({ ok: true, value: { status: 'DENIED' } });
    await expectUndone({ request, accountId });
    expect(await world.access.makeLoaders().reviews.load(request.id)).toMatchObject([
      { reviewerId: admins[0].userId, verdict: 'APPROVED' },
      { reviewerId: admins[0].userId, verdict: 'DENIED', reason: 'No room this year.' },
    ]);
  });
});

describe('nobody decides on their own request', () => {
  const own = { ok: false, refusal: { code: 'OWN_REQUEST' } };

  it('as an ADMIN of the provider', async () => {
    const { offer } = await makeReviewedOffer(world);
    const asking = askingFor(world, offer);
    const person = withRoles(world, asking.person, { [offer.providerId]: 'ADMIN' });
    const request = await ask(world, { ...asking, person });
    expect(await approve(person, request)).toMatchObject(own);
    expect(await deny(person, request)).toMatchObject(own);
    const list = await world.access.usecases.listAccessRequests(person, {
      status: null,
      toReview: true,
      first: 5,
      after: null,
    });
    expect(list.nodes).toEqual([]);
  });

  it('as an ADMIN of both groups, nor on the request of a member of theirs', async () => {
    const groupId = newId('group');
    const { offer, admins } = await makeReviewedOffer(world);
    const asking = askingFor(world, offer, { groupId });
    const person = withRoles(world, asking.person, { [groupId]: 'MEMBER' });
    const request = await ask(world, { ...asking, person });
    const both = withRoles(world, admins[0], { [offer.providerId]: 'ADMIN', [groupId]: 'ADMIN' });
    expect(await approve(both, request)).toMatchObject(own);
    expect(await approve(admins[1], request)).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
  });

  it('as the requesting group: another ADMIN must', async () => {
    const groupId = newId('group');
    const { offer } = await makeReviewedOffer(world, { approval: 'GROUP_ADMIN' });
    const asking = askingFor(world, offer, { groupId });
    const person = withRoles(world, asking.person, { [groupId]: 'ADMIN' });
    const request = await ask(world, { ...asking, person });
    expect(await approve(person, request)).toMatchObject(own);
    const other = withRoles(world, makePerson(), { [groupId]: 'ADMIN' });
    expect(await approve(other, request)).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
  });

  it('within the provider: for the provider itself another of its ADMINs may', async () => {
    const { offer, admins } = await makeReviewedOffer(world);
    const request = await ask(world, { ...askingFor(world, offer, { groupId: offer.providerId }), person: admins[0] });
    expect(await approve(admins[0], request)).toMatchObject(own);
    expect(await approve(admins[1], request)).toMatchObject({ ok: true });
  });

  it('through a service that acts for a reviewer', async () => {
    const { request, admins } = await waiting();
    await expect(approve({ ...admins[0], actor: 'compute' }, request)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('not even past all of this: the database refuses the review', async () => {
    const { request, person } = await waiting();
    const review = {
      requestId: request.id,
      reviewerId: person.userId,
      revision: 0,
      verdict: 'APPROVED',
      quantityMicros: 1n,
    };
    await expect(world.prisma.accessReview.create({ data: review })).rejects.toThrow(
      'nobody reviews their own request',
    );
  });
});

describe('who decides', () => {
  it('is seen and may decide by role alone, as it is now', async () => {
    const { request, admins, offer } = await waiting();
    const member = withRoles(world, makePerson(), { [offer.providerId]: 'MEMBER' });
    await expect(approve(member, request)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(approve(makePerson(), request)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(approve(makePerson({ operator: true }), request)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(approve({ ...admins[0], scopes: new Set() }, request)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(approve({ ...admins[0], roles: new Map() }, request)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const find = (viewer: Person) =>
      world.access.usecases.findAccessRequest(viewer, world.access.makeLoaders(), request.id);
    expect(await find(admins[0])).not.toBeNull();
    expect(await find(member)).toBeNull();
    const list = await world.access.usecases.listAccessRequests(admins[0], {
      status: 'IN_REVIEW',
      toReview: true,
      first: 5,
      after: null,
    });
    expect(list.nodes).toMatchObject([{ id: request.id }]);
  });

  it('a group ADMIN sees and does not decide where the provider does', async () => {
    const groupId = newId('group');
    const { offer } = await makeReviewedOffer(world);
    const asking = askingFor(world, offer, { groupId });
    const request = await ask(world, { ...asking, person: withRoles(world, asking.person, { [groupId]: 'MEMBER' }) });
    const admin = withRoles(world, makePerson(), { [groupId]: 'ADMIN' });
    expect(await world.access.usecases.findAccessRequest(admin, world.access.makeLoaders(), request.id)).not.toBeNull();
    expect(await approve({ ...admin, roles: new Map([[groupId, 'ADMIN']]) }, request)).toMatchObject({
      ok: false,
      refusal: { code: 'OWN_REQUEST' },
    });
  });

  it('an offer that the requesting group decides on needs a group of the requester', async () => {
    const { offer } = await makeReviewedOffer(world, { approval: 'GROUP_ADMIN' });
    const { person, input } = askingFor(world, offer);
    const without = await world.access.usecases.requestAccess(callOf(person), input);
    expect(without).toMatchObject({ ok: false, refusal: { code: 'INVALID_INPUT', path: ['groupId'] } });
    const strangers = { ...input, groupId: newId('group'), idempotencyKey: newId('audit') };
    await expect(world.access.usecases.requestAccess(callOf(person), strangers)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('the rights of the requester are looked at again', () => {
  const notEntitled = { ok: false, refusal: { code: 'REQUESTER_NOT_ENTITLED' } };

  it('a disabled person gets nothing', async () => {
    const { request, admins, person } = await waiting();
    world.disabled.add(person.userId);
    expect(await approve(admins[0], request)).toMatchObject(notEntitled);
    expect(await deny(admins[0], request)).toMatchObject({ ok: true, value: { status: 'DENIED' } });
  });

  it.each([
    ['who left the group', 'ADMIN', {}],
    ['who asked as an ADMIN and is none any more', 'ADMIN', 'MEMBER'],
  ] as const)('nor one %s', async (_name, before, after) => {
    const groupId = newId('group');
    const { offer, admins } = await makeReviewedOffer(world);
    const asking = askingFor(world, offer, { groupId });
    const person = withRoles(world, asking.person, { [groupId]: before });
    const request = await ask(world, { ...asking, person });
    withRoles(world, person, after === 'MEMBER' ? { [groupId]: after } : {});
    expect(await approve(admins[0], request)).toMatchObject(notEntitled);
    withRoles(world, person, { [groupId]: 'ADMIN' });
    expect(await approve(admins[0], request)).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
  });

  it('nor one who may not spend the money of the group any more', async () => {
    const groupId = newId('group');
    const { offer, admins } = await makeReviewedOffer(world);
    const asking = askingFor(world, offer);
    world.fake.owners.set(asking.accountId, groupId);
    const person = withRoles(world, asking.person, { [groupId]: 'ADMIN' });
    const request = await ask(world, { ...asking, person });
    withRoles(world, person, { [groupId]: 'MEMBER' });
    expect(await approve(admins[0], request)).toMatchObject(notEntitled);
  });
});

describe('a decision', () => {
  it('is remembered under its key, and answered again', async () => {
    const { request, admins } = await waiting();
    const key = { idempotencyKey: newId('audit') };
    const first = await approve(admins[0], request, { ...key, quantity: '5' });
    expect(await approve(admins[0], request, { ...key, quantity: '5.0' })).toEqual(first);
    expect(await approve(admins[0], request, { ...key, quantity: '6' })).toMatchObject({
      ok: false,
      refusal: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  it('and another one at the same moment: one of them counts', async () => {
    const { request, admins, person, accountId } = await waiting();
    const answers = await Promise.all([
      approve(admins[0], request),
      deny(admins[1], request),
      withdraw(person, request),
    ]);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    const ended = await world.access.makeLoaders().requests.load(request.id);
    if (ended?.status !== 'ACTIVE') await expectUndone({ request, accountId });
    expect(['ACTIVE', 'DENIED', 'WITHDRAWN']).toContain(ended?.status);
  });

  it('survives the death of the process right after its commit', async () => {
    const { request, admins } = await waiting();
    world.fake.plan('provisionDrive', { kind: 'down', times: 1 });
    const short = { ...callOf(admins[0]), deadlineAt: Date.now() };
    await world.access.usecases.approveAccessRequest(short, {
      idempotencyKey: newId('audit'),
      accessRequestId: request.id,
    });
    await world.work();
    await expect.poll(async () => (await world.access.makeLoaders().requests.load(request.id))?.status).toBe('ACTIVE');
  });

  it('is audited with who decided', async () => {
    const { request, admins } = await waiting();
    await approve(admins[0], request, { quantity: '99' });
    await approve(admins[0], request);
    const entries = await world.asOwner<{ action: string; outcome: string }>(
      `SELECT action, outcome FROM platform.audit_entry WHERE actor = $1 AND target = $2 ORDER BY id`,
      [admins[0].userId, request.id],
    );
    expect(entries).toEqual([
      { action: 'approveAccessRequest', outcome: 'QUANTITY_OUT_OF_RANGE' },
      { action: 'approveAccessRequest', outcome: 'OK' },
    ]);
  });
});
