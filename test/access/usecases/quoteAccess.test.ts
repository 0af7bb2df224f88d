import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { type AccessWorld, callOf, credits, inDays, makeAccessWorld, makePerson } from '../support/accessWorld.js';
import { makeOffer } from '../support/reviewedOffers.js';

let world: AccessWorld;
beforeAll(async () => {
  world = await makeAccessWorld();
});
afterAll(() => world.stop());

const wish = () => ({
  idempotencyKey: newId('audit'),
  offerId: wellKnown.offerStorage,
  quantity: '10',
  startsAt: inDays(1),
  endsAt: inDays(31),
});

describe('quoteAccess', () => {
  it('prices a wish and binds for 15 minutes', async () => {
    const person = makePerson();
    const asked = Date.now();
    const quoted = await world.access.usecases.quoteAccess(callOf(person), wish());
    if (!quoted.ok) throw new Error('refused');
    expect(quoted.value).toMatchObject({
      requesterId: person.userId,
      quantityMicros: 10_000_000n,
      total: { micros: 10_000_000n, unit: 'CREDIT' },
    });
    const bindsMs = quoted.value.expiresAt.getTime() - asked;
    expect(bindsMs).toBeGreaterThanOrEqual(900_000);
    expect(bindsMs).toBeLessThan(902_000);
  });

  it('again with the key gives the same quote, with other input IDEMPOTENCY_KEY_REUSED', async () => {
    const person = makePerson();
    const input = wish();
    const first = await world.access.usecases.quoteAccess(callOf(person), input);
    expect(await world.access.usecases.quoteAccess(callOf(person), { ...input, quantity: '10.0' })).toEqual(first);
    expect(await world.access.usecases.quoteAccess(callOf(person), { ...input, quantity: '9' })).toMatchObject({
      ok: false,
      refusal: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    const other = await world.access.usecases.quoteAccess(callOf(makePerson()), input);
    expect(other.ok && first.ok && other.value.id !== first.value.id).toBe(true);
  });

  it('20 times at once with one key makes one quote', async () => {
    const person = makePerson();
    const input = wish();
    await Promise.all(Array.from({ length: 20 }, () => world.access.usecases.quoteAccess(callOf(person), input)));
    expect(await world.prisma.quote.count({ where: { requesterId: person.userId } })).toBe(1);
  });

  it.each([
    ['a quantity of zero', { quantity: '0' }, 'QUANTITY_OUT_OF_RANGE'],
    ['a window that is over', { startsAt: null, endsAt: inDays(-1) }, 'WINDOW_INVALID'],
    ['a malformed key', { idempotencyKey: 'é' }, 'INVALID_INPUT'],
  ])('refuses %s', async (_name, over, code) => {
    const person = makePerson();
    expect(await world.access.usecases.quoteAccess(callOf(person), { ...wish(), ...over })).toMatchObject({
      ok: false,
      refusal: { code },
    });
    expect(await world.prisma.quote.count({ where: { requesterId: person.userId } })).toBe(0);
  });

  it.each(['GPU_HOUR', 'MEMORY_GIB_HOUR'] as const)(
    'prices an offer by the %s like one by the core-hour',
    async (per) => {
      const { id } = await makeOffer(world, { kind: 'COMPUTE', per, resource: wellKnown.clusterLocal });
      const quoted = await world.access.usecases.quoteAccess(callOf(makePerson()), {
        ...wish(),
        offerId: id,
        quantity: '2.5',
      });
      expect(quoted).toMatchObject({ ok: true, value: { total: { micros: 2_500_000n } } });
    },
  );

  it('is not given outside the time in which the offer is in force; what was given before stays binding', async () => {
    const from = inDays(1);
    const until = inDays(2);
    const { id } = await makeOffer(world, { validFrom: from, validUntil: until });
    const person = makePerson();
    const quoteAt = (now: Date) => {
      world.clock.set(now);
      return world.access.usecases.quoteAccess(callOf(person), { ...wish(), offerId: id, endsAt: inDays(9) });
    };
    const refusal = { ok: false, refusal: { code: 'OFFER_NOT_IN_FORCE' } };
    expect(await quoteAt(new Date(from.getTime() - 1))).toMatchObject(refusal);
    expect((await quoteAt(from)).ok).toBe(true);
    const last = await quoteAt(new Date(until.getTime() - 1));
    expect(await quoteAt(until)).toMatchObject(refusal);
    const accountId = newId('account');
    world.fake.available.set(accountId, credits(100));
    const quoteId = last.ok ? last.value.id : '';
    const ask = { idempotencyKey: newId('audit'), quoteId, accountId, name: 'Mine' };
    expect(await world.access.usecases.requestAccess(callOf(person), ask)).toMatchObject({
      ok: true,
      value: { status: 'ACTIVE' },
    });
    world.clock.set(null);
  });

  it('throws NOT_FOUND for an unknown offer and FORBIDDEN without the scope', async () => {
    const { quoteAccess } = world.access.usecases;
    await expect(quoteAccess(callOf(makePerson()), { ...wish(), offerId: newId('offer') })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(quoteAccess(callOf(makePerson({ scopes: new Set() })), wish())).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});
