import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
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
// X2 it finds nothing exactly where requestAccess takes the wish; X3 it changes nothing.

let world: AccessWorld;
const providerId = newId('group');
const memberOf = newId('group');
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
    reviewed: { providerId, approval: 'PROVIDER' as const },
    group: { ...bounds, approval: 'GROUP_ADMIN' as const },
    hidden: { visibleTo: [newId('group')] },
  };
  for (const [name, over] of Object.entries(made)) offers[name] = (await makeOffer(world, over)).id;
});
afterAll(() => world.stop());

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
      offer: fc.constantFrom('plain', 'bounded', 'retired', 'gpu', 'reviewed', 'group', 'hidden', 'none'),
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
        expect(told.blocks.length === 0).toBe(done.ok);
        if (done.ok) return;
        const [first] = told.blocks;
        expect(first?.refusal.code).toBe(done.refusal.code);
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
