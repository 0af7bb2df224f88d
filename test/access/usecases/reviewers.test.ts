import { describe, expect, it } from 'vitest';
import type { Person } from '../../../platform/auth/viewer.js';
import { newId } from '../../../platform/kernel/ids.js';
import { ask, callOf, credits, makePerson, withRoles } from '../support/accessWorld.js';
import { askingFor, makeReviewedOffer } from '../support/reviewedOffers.js';
import { reviewWorld } from '../support/reviewWorld.js';

const reviewing = reviewWorld();
const { approve, deny, withdraw, revise, waiting, endOf, expectUndone } = reviewing;

describe('two people', () => {
  const terms = { twoPeopleAboveMicros: credits(9) };

  it('are needed above the limit that the offer names', async () => {
    const { request, admins } = await waiting(terms);
    expect(await approve(admins[0], request)).toMatchObject({ ok: true, value: { status: 'IN_REVIEW' } });
    expect(await approve(admins[0], request)).toMatchObject({ ok: false, refusal: { code: 'ALREADY_REVIEWED' } });
    expect(reviewing.world.fake.keysOf(request.id)).toEqual(['openEscrow']);
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
    expect(await reviewing.world.access.makeLoaders().requests.load(request.id)).toMatchObject({ status: 'ACTIVE' });
    expect(reviewing.world.fake.keysOf(request.id).filter((key) => key === 'captureHold')).toHaveLength(1);
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
    expect(await reviewing.world.access.makeLoaders().reviews.load(request.id)).toMatchObject([
      { reviewerId: admins[0].userId, verdict: 'APPROVED' },
      { reviewerId: admins[0].userId, verdict: 'DENIED', reason: 'No room this year.' },
    ]);
  });
});

describe('nobody decides on their own request', () => {
  const own = { ok: false, refusal: { code: 'OWN_REQUEST' } };

  it('as an ADMIN of the provider', async () => {
    const { offer } = await makeReviewedOffer(reviewing.world);
    const asking = askingFor(reviewing.world, offer);
    const person = withRoles(reviewing.world, asking.person, { [offer.providerId]: 'ADMIN' });
    const request = await ask(reviewing.world, { ...asking, person });
    expect(await approve(person, request)).toMatchObject(own);
    expect(await deny(person, request)).toMatchObject(own);
    const list = await reviewing.world.access.usecases.listAccessRequests(person, {
      status: null,
      toReview: true,
      first: 5,
      after: null,
    });
    expect(list.nodes).toEqual([]);
  });

  it('as an ADMIN of both groups, nor on the request of a member of theirs', async () => {
    const groupId = newId('group');
    const { offer, admins } = await makeReviewedOffer(reviewing.world);
    const asking = askingFor(reviewing.world, offer, { groupId });
    const person = withRoles(reviewing.world, asking.person, { [groupId]: 'MEMBER' });
    const request = await ask(reviewing.world, { ...asking, person });
    const both = withRoles(reviewing.world, admins[0], { [offer.providerId]: 'ADMIN', [groupId]: 'ADMIN' });
    expect(await approve(both, request)).toMatchObject(own);
    expect(await approve(admins[1], request)).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
  });

  it('as the requesting group: another ADMIN must', async () => {
    const groupId = newId('group');
    const { offer } = await makeReviewedOffer(reviewing.world, { approval: 'GROUP_ADMIN' });
    const asking = askingFor(reviewing.world, offer, { groupId });
    const person = withRoles(reviewing.world, asking.person, { [groupId]: 'ADMIN' });
    const request = await ask(reviewing.world, { ...asking, person });
    expect(await approve(person, request)).toMatchObject(own);
    const other = withRoles(reviewing.world, makePerson(), { [groupId]: 'ADMIN' });
    expect(await approve(other, request)).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
  });

  it('within the provider: for the provider itself another of its ADMINs may', async () => {
    const { offer, admins } = await makeReviewedOffer(reviewing.world);
    const request = await ask(reviewing.world, {
      ...askingFor(reviewing.world, offer, { groupId: offer.providerId }),
      person: admins[0],
    });
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
    await expect(reviewing.world.prisma.accessReview.create({ data: review })).rejects.toThrow(
      'nobody reviews their own request',
    );
  });
});

describe('who decides', () => {
  it('is seen and may decide by role alone, as it is now', async () => {
    const { request, admins, offer } = await waiting();
    const member = withRoles(reviewing.world, makePerson(), { [offer.providerId]: 'MEMBER' });
    await expect(approve(member, request)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(approve(makePerson(), request)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(approve(makePerson({ operator: true }), request)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(approve({ ...admins[0], scopes: new Set() }, request)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(approve({ ...admins[0], roles: new Map() }, request)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const find = (viewer: Person) =>
      reviewing.world.access.usecases.findAccessRequest(viewer, reviewing.world.access.makeLoaders(), request.id);
    expect(await find(admins[0])).not.toBeNull();
    expect(await find(member)).toBeNull();
    const list = await reviewing.world.access.usecases.listAccessRequests(admins[0], {
      status: 'IN_REVIEW',
      toReview: true,
      first: 5,
      after: null,
    });
    expect(list.nodes).toMatchObject([{ id: request.id }]);
  });

  it('a group ADMIN sees and does not decide where the provider does', async () => {
    const groupId = newId('group');
    const { offer } = await makeReviewedOffer(reviewing.world);
    const asking = askingFor(reviewing.world, offer, { groupId });
    const request = await ask(reviewing.world, {
      ...asking,
      person: withRoles(reviewing.world, asking.person, { [groupId]: 'MEMBER' }),
    });
    const admin = withRoles(reviewing.world, makePerson(), { [groupId]: 'ADMIN' });
    expect(
      await reviewing.world.access.usecases.findAccessRequest(admin, reviewing.world.access.makeLoaders(), request.id),
    ).not.toBeNull();
    expect(await approve({ ...admin, roles: new Map([[groupId, 'ADMIN']]) }, request)).toMatchObject({
      ok: false,
      refusal: { code: 'OWN_REQUEST' },
    });
  });

  it('a group ADMIN takes back what a requester who is gone has left; no MEMBER, other group or operator does', async () => {
    const groupId = newId('group');
    const made = await makeReviewedOffer(reviewing.world);
    const asking = askingFor(reviewing.world, made.offer, { groupId });
    const { accountId } = asking;
    const request = await ask(reviewing.world, {
      ...asking,
      person: withRoles(reviewing.world, asking.person, { [groupId]: 'MEMBER' }),
    });
    withRoles(reviewing.world, asking.person, {});
    expect(await approve(made.admins[0], request)).toMatchObject({
      ok: false,
      refusal: { code: 'REQUESTER_NOT_ENTITLED' },
    });
    const somebody = (roles: Parameters<typeof withRoles>[2]) => withRoles(reviewing.world, makePerson(), roles);
    const refuse = (who: Person) => expect(withdraw(who, request)).rejects;
    // Whom it is not shown to, is not told that it is there.
    await refuse(somebody({ [groupId]: 'MEMBER' })).toMatchObject({ code: 'NOT_FOUND' });
    await refuse(somebody({ [newId('group')]: 'ADMIN' })).toMatchObject({ code: 'NOT_FOUND' });
    await refuse(somebody({ [groupId]: 'MEMBER', [made.offer.providerId]: 'ADMIN' })).toMatchObject({
      code: 'FORBIDDEN',
    });
    await refuse(makePerson({ operator: true })).toMatchObject({ code: 'FORBIDDEN' });
    const admin = somebody({ [groupId]: 'ADMIN' });
    await refuse({ ...admin, actor: 'compute' }).toMatchObject({ code: 'FORBIDDEN' });
    expect(await withdraw(admin, request)).toMatchObject({ ok: true, value: { status: 'WITHDRAWN' } });
    await expectUndone({ request, accountId });
    expect(await endOf(request)).toEqual(['REQUEST_WITHDRAWN']);
  });

  it('an offer that the requesting group decides on needs a group of the requester', async () => {
    const { offer } = await makeReviewedOffer(reviewing.world, { approval: 'GROUP_ADMIN' });
    const { person, input } = askingFor(reviewing.world, offer);
    const without = await reviewing.world.access.usecases.requestAccess(callOf(person), input);
    expect(without).toMatchObject({ ok: false, refusal: { code: 'INVALID_INPUT', path: ['groupId'] } });
    const strangers = { ...input, groupId: newId('group'), idempotencyKey: newId('audit') };
    await expect(reviewing.world.access.usecases.requestAccess(callOf(person), strangers)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
