import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { PeerBudget } from '../../../subgraphs/access/usecases/ports/peers.js';
import {
  type AccessWorld,
  callOf,
  credits,
  inDays,
  makeAccessWorld,
  makeAsking,
  makePerson,
  withRoles,
} from '../support/accessWorld.js';
import { makeOffer } from '../support/reviewedOffers.js';

// Invariants, for any wish (seed and path are printed by fast-check where one fails):
// X1 what explainAccess finds first is what requestAccess refuses with, code, message and shortfall;
// X2 it finds nothing exactly where requestAccess takes the wish and can make it; X3 it changes nothing.

let world: AccessWorld;
const providerId = newId('group');
const memberOf = newId('group');
const LOST = newId('cluster');
const offers: Record<string, string> = {};
beforeAll(async () => {
  world = await makeAccessWorld();
  const bounds = {
    minimumQuantityMicros: 1_000_000n,
    maximumQuantityMicros: 50_000_000n,
    minimumDays: 2,
    maximumDays: 60,
  };
  const made = {
    plain: {},
    bounded: bounds,
    retired: { ...bounds, status: 'RETIRED' as const },
    gpu: { kind: 'COMPUTE' as const, per: 'GPU_HOUR' as const, resource: wellKnown.clusterLocal },
    lost: { kind: 'COMPUTE' as const, per: 'CORE_HOUR' as const, resource: LOST },
    later: { validFrom: inDays(9) },
    reviewed: { providerId, approval: 'PROVIDER' as const },
    group: { ...bounds, approval: 'GROUP_ADMIN' as const },
    hidden: { visibleTo: [newId('group')] },
  };
  world.fake.lostClusters.add(LOST);
  for (const [name, over] of Object.entries(made)) offers[name] = (await makeOffer(world, over)).id;
});
afterAll(() => world.stop());

/** What becomes of a wish that nothing stands in the way of. */
const expectedOf = (offer: string) => (['reviewed', 'group'].includes(offer) ? 'IN_REVIEW' : 'ACTIVE');

const explain = (by: ReturnType<typeof makeAsking>['person'], input: object) =>
  world.access.usecases.explainAccess(callOf(by), { accountId: '', ...input });

describe('explainAccess', () => {
  it('tells everything at once, with the remedy and who could change it', async () => {
    const { person, accountId } = makeAsking(world, credits(1));
    const found = await explain(person, {
      offerId: offers['retired'],
      quantity: '51',
      startsAt: inDays(1),
      endsAt: inDays(2),
      accountId,
      name: ' ',
      justification: 'x'.repeat(2_001),
    });
    expect(found.blocks.map(({ refusal }) => refusal.code)).toEqual([
      'INVALID_INPUT',
      'INVALID_INPUT',
      'OFFER_RETIRED',
      'QUANTITY_OUT_OF_RANGE',
      'WINDOW_INVALID',
    ]);
    expect(found.blocks[2]).toMatchObject({
      remedy: expect.stringContaining('Choose another'),
      applyToId: wellKnown.groupLocal,
    });
    expect(found).toMatchObject({ total: null, reviewersId: null });
  });

  it('tells the shortfall and the price', async () => {
    const { person, accountId } = makeAsking(world, credits(4));
    const wish = { offerId: offers['group'], quantity: '10', startsAt: inDays(1), endsAt: inDays(31), accountId };
    expect(await explain(person, wish)).toMatchObject({
      total: { micros: credits(10), unit: 'CREDIT' },
      blocks: [
        { refusal: { code: 'INVALID_INPUT', path: ['groupId'] } },
        {
          refusal: { code: 'INSUFFICIENT_FUNDS', shortfall: { micros: credits(6) }, available: { micros: credits(4) } },
        },
      ],
    });
  });

  const budget = (over: Partial<PeerBudget> = {}): PeerBudget => ({
    name: 'May (bud_1)',
    memberId: null,
    isHard: true,
    startsAt: inDays(-2),
    endsAt: inDays(2),
    remainingMicros: credits(4),
    ...over,
  });

  it('tells each hard budget that is in the way, besides the funds, and what it has left', async () => {
    const { person, accountId } = makeAsking(world, credits(5));
    world.fake.budgets.set(accountId, [
      budget(),
      budget({ name: 'Soft', isHard: false }),
      budget({ name: 'Mine', memberId: person.userId, remainingMicros: credits(9) }),
      budget({ name: 'Theirs', memberId: newId('user') }),
      budget({ name: 'Over', endsAt: inDays(-1) }),
      budget({ name: 'Not yet', startsAt: inDays(1) }),
      budget({ name: 'Enough', remainingMicros: credits(10) }),
    ]);
    const wish = { offerId: offers['plain'], quantity: '10', startsAt: inDays(1), endsAt: inDays(31), accountId };
    const { blocks } = await explain(person, wish);
    expect(blocks.map(({ refusal }) => [refusal.code, 'limit' in refusal ? refusal.limit : null])).toEqual([
      ['INSUFFICIENT_FUNDS', null],
      ['LIMIT_EXCEEDED', 'May (bud_1)'],
      ['LIMIT_EXCEEDED', 'Mine'],
    ]);
    expect(blocks[1]?.refusal.message).toContain('has 4 CREDIT left');
  });

  it('tells that there is no room, to apply for at the provider; not of what people decide on first', async () => {
    const { person, accountId } = makeAsking(world);
    const wish = { quantity: '10', startsAt: inDays(1), endsAt: inDays(31), accountId };
    world.fake.roomBytes = 10n * 2n ** 30n - 1n;
    expect((await explain(person, { ...wish, offerId: offers['plain'] })).blocks).toMatchObject([
      { refusal: { code: 'CAPACITY_EXCEEDED' }, applyToId: wellKnown.groupLocal },
    ]);
    expect((await explain(person, { ...wish, offerId: offers['reviewed'] })).blocks).toEqual([]);
    world.fake.roomBytes = 10n * 2n ** 30n;
    expect((await explain(person, { ...wish, offerId: offers['plain'] })).blocks).toEqual([]);
    world.fake.roomBytes = null;
    expect((await explain(person, { ...wish, offerId: offers['lost'] })).blocks).toMatchObject([
      { refusal: { code: 'INVALID_INPUT', path: ['clusterId'] } },
    ]);
  });

  it('tells who would decide', async () => {
    const { person, accountId } = makeAsking(world);
    const member = withRoles(world, person, { [memberOf]: 'MEMBER' });
    const wish = { quantity: '10', startsAt: inDays(1), endsAt: inDays(31), accountId, groupId: memberOf };
    expect(await explain(member, { ...wish, offerId: offers['reviewed'] })).toMatchObject({
      blocks: [],
      reviewersId: providerId,
    });
    expect(await explain(member, { ...wish, offerId: offers['group'] })).toMatchObject({
      blocks: [],
      reviewersId: memberOf,
    });
    expect(await explain(member, { ...wish, offerId: offers['plain'] })).toMatchObject({
      blocks: [],
      reviewersId: null,
    });
  });

  it.each([
    ['UNIT_MISMATCH', { unit: 'HOURS' }],
    ['ACCOUNT_FROZEN', { status: 'FROZEN' }],
    ['ACCOUNT_CLOSED', { status: 'CLOSED' }],
  ])('tells of an account that cannot pay: %s', async (code, over) => {
    const { person, accountId } = makeAsking(world);
    world.fake.accounts.set(accountId, {
      kind: 'PERSONAL',
      unit: 'CREDIT',
      ownerId: person.userId,
      status: 'OPEN',
      ...over,
    });
    const wish = { offerId: offers['plain'], quantity: '1', endsAt: inDays(9), accountId };
    expect((await explain(person, wish)).blocks).toMatchObject([{ refusal: { code } }]);
  });

  it("throws for an account that is not the person's to spend from, as the real call, unless something comes before", async () => {
    const { person, accountId } = makeAsking(world);
    const wish = { offerId: offers['plain'], quantity: '1', endsAt: inDays(9) };
    const unknown = { ...wish, accountId: newId('account') };
    await expect(explain(person, unknown)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const retired = await explain(person, { ...unknown, offerId: offers['retired'], quantity: '2' });
    expect(retired.blocks).toMatchObject([{ refusal: { code: 'OFFER_RETIRED' } }]);
    world.fake.accounts.set(accountId, { kind: 'GROUP', unit: 'CREDIT', ownerId: memberOf, status: 'OPEN' });
    const member = withRoles(world, person, { [memberOf]: 'MEMBER' });
    await expect(explain(member, { ...wish, accountId })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const admin = withRoles(world, person, { [memberOf]: 'ADMIN' });
    expect(await explain(admin, { ...wish, accountId })).toMatchObject({ blocks: [] });
  });

  it('tells of a quote that does not bind', async () => {
    const { person, accountId } = makeAsking(world);
    const wish = { idempotencyKey: newId('audit'), offerId: offers['plain'] ?? '', quantity: '1', endsAt: inDays(9) };
    const quoted = await world.access.usecases.quoteAccess(callOf(person), wish);
    if (!quoted.ok) throw new Error('refused');
    const quoteId = quoted.value.id;
    expect(await explain(person, { quoteId, accountId })).toMatchObject({ blocks: [], total: quoted.value.total });
    world.clock.set(quoted.value.expiresAt);
    const late = await explain(person, { quoteId, accountId });
    world.clock.set(null);
    expect(late.blocks).toMatchObject([{ refusal: { code: 'QUOTE_EXPIRED' } }]);
    await world.asOwner('UPDATE quote SET total_micros = 1 WHERE id = $1', [quoteId]);
    expect((await explain(person, { quoteId, accountId })).blocks).toMatchObject([
      { refusal: { code: 'QUOTE_NOT_GENUINE' } },
    ]);
    await expect(explain(makePerson(), { quoteId, accountId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('has the same verdict as the real call (X1, X2, X3)', async () => {
    const wishes = fc.record({
      offer: fc.constantFrom(
        ...['plain', 'bounded', 'retired', 'gpu', 'lost', 'later', 'reviewed', 'group', 'hidden', 'none'],
      ),
      budget: fc.constantFrom(null, 0, 5, 10, 1_000),
      room: fc.constantFrom(null, 1, 10, 1_000),
      quantity: fc.constantFrom('0', '0.5', '1', '10', '50', '50.000001', '1.0000001', '1000000001', null),
      lengthDays: fc.constantFrom(-3, 0.5, 2, 30, 60, 61, 400),
      funds: fc.constantFrom(0, 5, 10, 1_000),
      name: fc.constantFrom('Mine', ' ', 'x'.repeat(201)),
      justification: fc.constantFrom(null, 'Because.', 'x'.repeat(2_001)),
      group: fc.constantFrom(null, memberOf, newId('group')),
      withQuote: fc.boolean(),
      account: fc.constantFrom('own', 'none'),
    });
    const startsAt = inDays(1);
    await fc.assert(
      fc.asyncProperty(wishes, async (wish) => {
        const asking = makeAsking(world, credits(wish.funds));
        const limits = wish.budget === null ? [] : [budget({ remainingMicros: credits(wish.budget) })];
        world.fake.budgets.set(asking.accountId, limits);
        world.fake.roomBytes = wish.room === null ? null : BigInt(wish.room) * 2n ** 30n;
        const person = withRoles(world, asking.person, { [memberOf]: 'MEMBER' });
        const input = {
          ...(wish.withQuote ? { quoteId: newId('quote') } : {}),
          offerId: offers[wish.offer] ?? newId('offer'),
          quantity: wish.quantity,
          startsAt,
          endsAt: new Date(startsAt.getTime() + wish.lengthDays * 86_400_000),
          accountId: wish.account === 'own' ? asking.accountId : 'acc',
          groupId: wish.group,
          name: wish.name,
          justification: wish.justification,
        };
        const rowsBefore = await world.prisma.quote.count();
        const told = await explain(person, input).catch((error: { code?: string }) => ({ fault: error.code }));
        expect(await world.prisma.quote.count()).toBe(rowsBefore);
        expect(world.fake.available.get(asking.accountId)).toBe(credits(wish.funds));
        const done = await world.access.usecases
          .requestAccess(callOf(person), { ...input, idempotencyKey: newId('audit') })
          .catch((error: { code?: string }) => ({ fault: error.code }));
        if ('fault' in told || 'fault' in done) {
          // What is malformed is refused before anything is looked up, so that a refusal may stand where a fault would.
          if ('fault' in done) expect(told).toEqual(done);
          else expect(done).toMatchObject({ ok: false, refusal: { code: 'INVALID_INPUT' } });
          return;
        }
        const [first] = told.blocks;
        if (done.ok) {
          expect(done.value.status).toBe(first === undefined ? expectedOf(wish.offer) : 'FAILED');
          expect(done.value.failure?.code).toBe(first?.refusal.code);
          return;
        }
        expect(first?.refusal.code).toBe(done.refusal.code);
        if (done.refusal.type === 'LimitExceeded') expect(first?.refusal).toMatchObject({ limit: done.refusal.limit });
        if (done.refusal.type === 'InvalidInput') expect(first?.refusal).toEqual(done.refusal);
        if (done.refusal.type === 'InsufficientFunds') {
          expect(first?.refusal).toMatchObject({
            shortfall: done.refusal.shortfall,
            available: done.refusal.available,
          });
        }
      }),
      { numRuns: 300 },
    );
  });
});
