import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { notFound, unauthenticated, unavailable } from '../../../platform/kernel/faults.js';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import {
  type AccessWorld,
  ask,
  callOf,
  credits,
  inDays,
  makeAccessWorld,
  makeAsking,
  makePerson,
} from '../support/accessWorld.js';
import { auditBy, quoteWish, rowsOf } from '../support/requestTraces.js';
import { makeOffer } from '../support/reviewedOffers.js';

let world: AccessWorld;
beforeAll(async () => {
  world = await makeAccessWorld();
});
afterAll(() => world.stop());

const rows = () => rowsOf(world);
const auditOf = (actor: string) => auditBy(world, actor);

describe('requestAccess refuses before the hold and keeps nothing', () => {
  const cases: readonly [string, object, string, readonly string[] | undefined][] = [
    ['an empty name', { name: '  ' }, 'INVALID_INPUT', ['name']],
    ['a name with a control character', { name: 'a\u0007b' }, 'INVALID_INPUT', ['name']],
    ['a name of 201 characters', { name: 'x'.repeat(201) }, 'INVALID_INPUT', ['name']],
    ['a justification of 2,001 characters', { justification: 'x'.repeat(2_001) }, 'INVALID_INPUT', ['justification']],
    ['a quote and an offer', { quoteId: newId('quote') }, 'INVALID_INPUT', ['offerId']],
    ['neither quote nor offer', { offerId: null }, 'INVALID_INPUT', ['quoteId']],
    ['an offer without quantity', { quantity: null }, 'INVALID_INPUT', ['quantity']],
    ['an offer without end', { endsAt: null }, 'INVALID_INPUT', ['endsAt']],
    ['a quantity of zero', { quantity: '0' }, 'QUANTITY_OUT_OF_RANGE', ['quantity']],
    ['a quantity with seven places', { quantity: '1.0000001' }, 'QUANTITY_OUT_OF_RANGE', ['quantity']],
    ['a window that is over', { endsAt: inDays(-1) }, 'WINDOW_INVALID', ['endsAt']],
    ['a key that is empty', { idempotencyKey: '' }, 'INVALID_INPUT', ['idempotencyKey']],
  ];
  it.each(cases)('%s', async (_name, over, code, path) => {
    const { person, input } = makeAsking(world);
    const before = await rows();
    const wish = { ...input, ...over } as typeof input;
    const first = await world.access.usecases.requestAccess(callOf(person), wish);
    expect(first).toMatchObject({ ok: false, refusal: { code, path } });
    expect(await world.access.usecases.requestAccess(callOf(person), wish)).toEqual(first);
    expect(await rows()).toEqual(before);
    expect(await auditOf(person.userId)).toHaveLength(wish.idempotencyKey === '' ? 0 : 1);
  });

  it('too little money, with the exact shortfall, remembered under the key', async () => {
    const { person, input, accountId } = makeAsking(world, credits(4));
    const before = await rows();
    const wish = { ...input, offerId: wellKnown.offerCompute, quantity: '10.5' };
    const first = await world.access.usecases.requestAccess(callOf(person), wish);
    expect(first).toEqual({
      ok: false,
      refusal: {
        type: 'InsufficientFunds',
        code: 'INSUFFICIENT_FUNDS',
        message: 'Not enough.',
        shortfall: { micros: 6_500_000n, unit: 'CREDIT' },
        available: { micros: 4_000_000n, unit: 'CREDIT' },
        accountId,
      },
    });
    const calls = world.fake.calls.length;
    world.fake.available.set(accountId, credits(1_000));
    expect(await world.access.usecases.requestAccess(callOf(person), wish)).toEqual(first);
    expect(world.fake.calls).toHaveLength(calls);
    expect(await rows()).toEqual(before);
    expect((await auditOf(person.userId)).map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      'requestAccess OK',
      'requestAccess.openEscrow INSUFFICIENT_FUNDS',
    ]);
    expect(world.fake.available.get(accountId)).toBe(credits(1_000));
  });

  it('a quote that has expired', async () => {
    const { person, input } = makeAsking(world);
    const { accountId, name } = input;
    const wish = quoteWish();
    const quoted = await world.access.usecases.quoteAccess(callOf(person), wish);
    if (!quoted.ok) throw new Error('refused');
    const asked = { idempotencyKey: newId('audit'), quoteId: quoted.value.id, accountId, name };
    world.clock.set(quoted.value.expiresAt);
    const answer = await world.access.usecases.requestAccess(callOf(person), asked);
    world.clock.set(null);
    expect(answer).toMatchObject({ ok: false, refusal: { code: 'QUOTE_EXPIRED' } });
  });

  it('an offer that is retired', async () => {
    const { person, input } = makeAsking(world);
    const { id: offerId } = await makeOffer(world, { status: 'RETIRED' });
    const answer = await world.access.usecases.requestAccess(callOf(person), { ...input, offerId });
    expect(answer).toMatchObject({ ok: false, refusal: { code: 'OFFER_RETIRED' } });
  });
});

describe('requestAccess throws faults and remembers none of them', () => {
  it("for another person's account: NOT_FOUND, nothing kept, and the key is free again", async () => {
    const { person, input } = makeAsking(world);
    const before = await rows();
    world.fake.plan('openEscrow', { kind: 'throw', error: notFound('account') });
    await expect(world.access.usecases.requestAccess(callOf(person), input)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await rows()).toEqual(before);
    expect(await world.access.usecases.requestAccess(callOf(person), input)).toMatchObject({
      ok: true,
      value: { status: 'ACTIVE' },
    });
  });

  it('for a dead token and for identity being away, before anything was sent to accounting', async () => {
    const { person, input } = makeAsking(world);
    const before = await rows();
    for (const error of [unauthenticated(), unavailable('identity')]) {
      world.fake.plan('exchangeToken', { kind: 'throw', error });
      await expect(world.access.usecases.requestAccess(callOf(person), input)).rejects.toBe(error);
      expect(await rows()).toEqual(before);
    }
    await ask(world, { person, input });
  });

  it.each([
    ['an unknown offer', { offerId: newId('offer') }],
    ['a malformed offer', { offerId: 'x' }],
    ['an id of another kind', { offerId: newId('quote') }],
    ['a malformed account', { accountId: 'acc_x' }],
    ['an unknown quote', { offerId: null, quantity: null, endsAt: null, quoteId: newId('quote') }],
  ])('for %s: NOT_FOUND', async (_name, over) => {
    const { person, input } = makeAsking(world);
    const wish = { ...input, ...over } as typeof input;
    await expect(world.access.usecases.requestAccess(callOf(person), wish)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await auditOf(person.userId)).toEqual([]);
  });

  it("for another person's quote, also to an operator", async () => {
    const { person, input } = makeAsking(world);
    const { accountId, name } = input;
    const wish = quoteWish();
    const quoted = await world.access.usecases.quoteAccess(callOf(person), wish);
    if (!quoted.ok) throw new Error('refused');
    const asked = { idempotencyKey: 'k', quoteId: quoted.value.id, accountId, name };
    for (const other of [makePerson(), makePerson({ operator: true })]) {
      await expect(world.access.usecases.requestAccess(callOf(other), asked)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    }
  });

  it('without a token, without the scope, and for programs', async () => {
    const { input } = makeAsking(world);
    const refuse = (viewer: Parameters<typeof callOf>[0]) =>
      expect(world.access.usecases.requestAccess(callOf(viewer), input)).rejects;
    await refuse({ kind: 'anonymous' }).toMatchObject({ code: 'UNAUTHENTICATED' });
    await refuse(makePerson({ scopes: new Set(['accounting:spend']) })).toMatchObject({ code: 'FORBIDDEN' });
    await refuse({ kind: 'service', service: 'compute' }).toMatchObject({ code: 'FORBIDDEN' });
  });
});
