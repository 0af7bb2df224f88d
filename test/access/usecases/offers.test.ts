import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../../platform/auth/viewer.js';
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
  withRoles,
} from '../support/accessWorld.js';
import { makeOffer, makeReviewedOffer } from '../support/reviewedOffers.js';

let world: AccessWorld;
beforeAll(async () => {
  world = await makeAccessWorld();
});
afterAll(() => world.stop());

const price = (amount: string, unit = 'CREDIT') => ({ amount, unit });

/** An ADMIN of a provider with a REVENUE account. */
function makeProvider() {
  const providerId = newId('group');
  const admin = withRoles(world, makePerson(), { [providerId]: 'ADMIN' });
  const payeeAccountId = newId('account');
  world.fake.accounts.set(payeeAccountId, { kind: 'REVENUE', unit: 'CREDIT', ownerId: providerId, status: 'OPEN' });
  return { providerId, admin, payeeAccountId };
}

const publish = (by: Person, input: object) =>
  world.access.usecases.publishOffer(callOf(by), {
    idempotencyKey: newId('audit'),
    name: 'Fast drive',
    per: 'GIB_MONTH',
    price: price('2'),
    ...input,
  });

async function published(over: object = {}) {
  const provider = makeProvider();
  const answer = await publish(provider.admin, { payeeAccountId: provider.payeeAccountId, ...over });
  if (!answer.ok) throw new Error(`refused: ${answer.refusal.code}`);
  return { ...provider, offer: answer.value };
}

const quote = (by: Person, offerId: string, over: object = {}) =>
  world.access.usecases.quoteAccess(callOf(by), {
    idempotencyKey: newId('audit'),
    offerId,
    quantity: '10',
    startsAt: inDays(1),
    endsAt: inDays(31),
    ...over,
  });

const namesFor = async (viewer: Person) =>
  (await world.access.usecases.listOffers(viewer, { first: 100, after: null })).nodes.map(({ id }) => id);

describe('publishOffer', () => {
  it('makes an offer with all its terms, which can be quoted and requested', async () => {
    const terms = {
      description: 'Two\nlines.',
      minimumQuantity: '1',
      maximumQuantity: '50.5',
      minimumDays: 7,
      maximumDays: 60,
      approval: 'PROVIDER',
      twoPeopleAbove: price('100'),
    };
    const { offer, providerId, payeeAccountId } = await published(terms);
    expect(offer).toMatchObject({
      kind: 'STORAGE',
      per: 'GIB_MONTH',
      version: 1,
      status: 'ACTIVE',
      price: { micros: credits(2), unit: 'CREDIT' },
      minimumQuantityMicros: 1_000_000n,
      maximumQuantityMicros: 50_500_000n,
      minimumDays: 7,
      maximumDays: 60,
      approval: 'PROVIDER',
      twoPeopleAboveMicros: credits(100),
      visibleTo: [],
      providerId,
      payeeAccountId,
      description: 'Two\nlines.',
    });
    const loaded = await world.access.makeLoaders().offers.load(offer.id);
    expect(loaded).toEqual(offer);
    const person = makePerson();
    expect(await namesFor(person)).toContain(offer.id);
    expect(await quote(person, offer.id)).toMatchObject({
      ok: true,
      value: { total: { micros: credits(20) }, offerVersion: 1 },
    });
    expect(await quote(person, offer.id, { quantity: '0.5' })).toMatchObject({
      refusal: { code: 'QUANTITY_OUT_OF_RANGE' },
    });
    expect(await quote(person, offer.id, { quantity: '51' })).toMatchObject({
      refusal: { code: 'QUANTITY_OUT_OF_RANGE' },
    });
    expect(await quote(person, offer.id, { endsAt: inDays(5) })).toMatchObject({ refusal: { code: 'WINDOW_INVALID' } });
    expect(await quote(person, offer.id, { endsAt: inDays(90) })).toMatchObject({
      refusal: { code: 'WINDOW_INVALID' },
    });
  });

  it('of compute names its cluster', async () => {
    const { offer } = await published({ per: 'CORE_HOUR', resourceId: wellKnown.clusterLocal });
    expect(offer).toMatchObject({ kind: 'COMPUTE', resource: wellKnown.clusterLocal });
  });

  it('needs no more than the provider has said before', async () => {
    const { admin, payeeAccountId, providerId } = await published();
    expect(await publish(admin, {})).toMatchObject({ ok: true, value: { payeeAccountId, providerId } });
  });

  it.each([
    [{ name: ' ' }, 'INVALID_INPUT', ['name']],
    [{ per: null }, 'INVALID_INPUT', ['per']],
    [{ validFrom: inDays(2), validUntil: inDays(2) }, 'INVALID_INPUT', ['validUntil']],
    [{ per: 'GPU_HOUR' }, 'INVALID_INPUT', ['resourceId']],
    [{ per: 'CORE_HOUR' }, 'INVALID_INPUT', ['resourceId']],
    [{ resourceId: wellKnown.clusterLocal }, 'INVALID_INPUT', ['resourceId']],
    [{ price: price('0') }, 'AMOUNT_NOT_POSITIVE', ['price', 'amount']],
    [{ price: price('1', 'HOURS') }, 'UNIT_MISMATCH', ['price', 'unit']],
    [{ minimumQuantity: '0' }, 'QUANTITY_OUT_OF_RANGE', ['minimumQuantity']],
    [{ minimumQuantity: '2', maximumQuantity: '1' }, 'INVALID_INPUT', ['maximumQuantity']],
    [{ minimumDays: 0 }, 'INVALID_INPUT', ['minimumDays']],
    [{ maximumDays: 367 }, 'INVALID_INPUT', ['maximumDays']],
    [{ minimumDays: 9, maximumDays: 8 }, 'INVALID_INPUT', ['maximumDays']],
    [{ twoPeopleAbove: price('1') }, 'INVALID_INPUT', ['twoPeopleAbove']],
    [{ approval: 'PROVIDER', twoPeopleAbove: price('1', 'HOURS') }, 'UNIT_MISMATCH', ['twoPeopleAbove', 'unit']],
    [{ visibleTo: ['x'] }, 'INVALID_INPUT', ['visibleTo', '0']],
    [{ visibleTo: Array.from({ length: 101 }, () => newId('group')) }, 'INVALID_INPUT', ['visibleTo']],
  ])('refuses %j', async (over, code, path) => {
    const { admin, payeeAccountId, providerId } = makeProvider();
    const answer = await publish(admin, { payeeAccountId, ...over });
    expect(answer).toMatchObject({ ok: false, refusal: { code, path } });
    expect(await world.prisma.offer.count({ where: { providerId } })).toBe(0);
  });

  it('refuses an account that does not earn for the provider', async () => {
    const { admin } = makeProvider();
    const other = makeProvider();
    const refusal = { code: 'INVALID_INPUT', path: ['payeeAccountId'] };
    expect(await publish(admin, {})).toMatchObject({ ok: false, refusal });
    expect(await publish(admin, { payeeAccountId: other.payeeAccountId })).toMatchObject({ ok: false, refusal });
    await expect(publish(admin, { payeeAccountId: newId('account') })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(publish(admin, { payeeAccountId: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it("is for the provider's ADMINs in person, with the scope", async () => {
    const { admin, providerId, payeeAccountId } = makeProvider();
    const input = { payeeAccountId, providerId };
    const member = withRoles(world, makePerson(), { [providerId]: 'MEMBER' });
    await expect(publish(member, input)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(publish(member, { payeeAccountId })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(publish(makePerson(), input)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(publish({ ...admin, scopes: new Set() }, input)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(publish({ ...admin, actor: 'compute' }, input)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const two = withRoles(world, makePerson(), { [providerId]: 'ADMIN', [newId('group')]: 'ADMIN' });
    expect(await publish(two, { payeeAccountId })).toMatchObject({ ok: false, refusal: { path: ['providerId'] } });
    expect(await publish(two, input)).toMatchObject({ ok: true });
  });

  it('again with its key gives the same version; with other input IDEMPOTENCY_KEY_REUSED', async () => {
    const { admin, payeeAccountId, providerId } = makeProvider();
    const input = { idempotencyKey: newId('audit'), payeeAccountId };
    const first = await publish(admin, input);
    if (!first.ok) throw new Error('refused');
    await publish(admin, { offerId: first.value.id, price: price('3') });
    expect(await publish(admin, { ...input, price: price('2.0') })).toEqual(first);
    expect(await publish(admin, { ...input, price: price('4') })).toMatchObject({
      refusal: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    expect(await world.prisma.offer.count({ where: { providerId } })).toBe(1);
  });
});

describe('the next version of an offer', () => {
  it('has its own price, and a quote that was given before stays at the old one', async () => {
    const { admin, offer } = await published();
    const { person, accountId } = makeAsking(world);
    const quoted = await quote(person, offer.id);
    if (!quoted.ok) throw new Error('refused');
    const next = await publish(admin, { offerId: offer.id, name: null, per: null, price: price('7') });
    expect(next).toMatchObject({
      ok: true,
      value: { id: offer.id, version: 2, name: 'Fast drive', price: { micros: credits(7) } },
    });
    expect(await quote(person, offer.id)).toMatchObject({
      ok: true,
      value: { total: { micros: credits(70) }, offerVersion: 2 },
    });
    const request = await ask(world, {
      person,
      input: { idempotencyKey: newId('audit'), quoteId: quoted.value.id, accountId, name: 'x' },
    });
    expect(request).toMatchObject({ status: 'ACTIVE', total: { micros: credits(20) } });
    expect(world.fake.escrows.get(request.grantId)?.balance).toBe(credits(20));
    const versions = await world.access.usecases.listOfferVersions(world.access.makeLoaders(), offer, {
      first: 10,
      after: null,
    });
    expect(versions.nodes).toMatchObject([
      { version: 2, price: { micros: credits(7) } },
      { version: 1, price: { micros: credits(2) } },
    ]);
  });

  it('may want a decision: a quote that was given before does not', async () => {
    const { admin, offer } = await published();
    const { person, accountId } = makeAsking(world);
    const quoted = await quote(person, offer.id);
    await publish(admin, { offerId: offer.id, approval: 'PROVIDER', name: null, per: null });
    const wish = { idempotencyKey: newId('audit'), quoteId: quoted.ok ? quoted.value.id : '', accountId, name: 'x' };
    expect(await ask(world, { person, input: wish })).toMatchObject({ status: 'ACTIVE', approval: 'AUTOMATIC' });
  });

  it.each([
    [{ name: 'Other' }, 'name'],
    [{ per: 'CORE_HOUR' }, 'per'],
    [{ resourceId: wellKnown.clusterLocal }, 'resourceId'],
    [{ payeeAccountId: newId('account') }, 'payeeAccountId'],
  ])('changes nothing but the terms: not %j', async (over, field) => {
    const { admin, offer } = await published();
    const answer = await publish(admin, { offerId: offer.id, ...over });
    expect(answer).toMatchObject({ ok: false, refusal: { code: 'INVALID_INPUT', path: [field] } });
  });

  it('stays in its unit', async () => {
    const { admin, offer } = await published();
    expect(await publish(admin, { offerId: offer.id, price: price('1', 'HOURS') })).toMatchObject({
      refusal: { code: 'UNIT_MISMATCH' },
    });
  });

  it('is for the same people', async () => {
    const { offer, providerId } = await published();
    const member = withRoles(world, makePerson(), { [providerId]: 'MEMBER' });
    await expect(publish(member, { offerId: offer.id })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(publish(makePerson(), { offerId: newId('offer') })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('by two people at once is two versions', async () => {
    const { admin, offer } = await published();
    const both = await Promise.all(
      ['5', '6'].map((amount) => publish(admin, { offerId: offer.id, price: price(amount) })),
    );
    expect(both.map((one) => (one.ok ? one.value.version : 0)).sort()).toEqual([2, 3]);
  });

  it('cannot be written over the one before, by the owner of the database either', async () => {
    await expect(world.asOwner('UPDATE offer_version SET price_micros = 1')).rejects.toThrow('append-only');
  });
});

describe('retireOffer', () => {
  const retire = (by: Person, id: string) => world.access.usecases.retireOffer(callOf(by), id);

  it('ends quotes and versions, and leaves what was quoted binding', async () => {
    const { admin, offer } = await published();
    const { person, accountId } = makeAsking(world);
    const quoted = await quote(person, offer.id);
    expect(await retire(admin, offer.id)).toMatchObject({ status: 'RETIRED' });
    expect(await retire(admin, offer.id)).toMatchObject({ status: 'RETIRED' });
    expect(await namesFor(person)).not.toContain(offer.id);
    expect(await quote(person, offer.id)).toMatchObject({ refusal: { code: 'OFFER_RETIRED' } });
    expect(await publish(admin, { offerId: offer.id })).toMatchObject({ refusal: { code: 'OFFER_RETIRED' } });
    const wish = { idempotencyKey: newId('audit'), quoteId: quoted.ok ? quoted.value.id : '', accountId, name: 'x' };
    expect(await ask(world, { person, input: wish })).toMatchObject({ status: 'ACTIVE' });
  });

  it("is for the provider's ADMINs in person", async () => {
    const { admin, offer } = await published();
    await expect(retire(makePerson(), offer.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(retire({ ...admin, actor: 'compute' }, offer.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(retire(admin, 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('an offer for named groups', () => {
  it('is there for them, its provider and operators, and for nobody else', async () => {
    const groupId = newId('group');
    const { offer, admin } = await makeReviewedOffer(world, { approval: 'AUTOMATIC', visibleTo: [groupId] }).then(
      ({ offer: made, admins: [first] }) => ({ offer: made, admin: first }),
    );
    const member = withRoles(world, makePerson(), { [groupId]: 'MEMBER' });
    const find = (viewer: Person) => world.access.usecases.findOffer(viewer, world.access.makeLoaders(), offer.id);
    for (const viewer of [member, admin, makePerson({ operator: true })]) {
      expect(await namesFor(viewer)).toContain(offer.id);
      expect(await find(viewer)).not.toBeNull();
    }
    const stranger = withRoles(world, makePerson(), { [newId('group')]: 'ADMIN' });
    expect(await namesFor(stranger)).not.toContain(offer.id);
    expect(await find(stranger)).toBeNull();
    await expect(quote(stranger, offer.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await quote(member, offer.id)).toMatchObject({ ok: true });
    // The right removed later.
    await expect(quote({ ...member, roles: new Map() }, offer.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a quote', () => {
  it('that was changed in the database is not taken, whoever changed it', async () => {
    const { id: offerId } = await makeOffer(world);
    const { person, accountId } = makeAsking(world);
    const change = async (column: string) => {
      const quoted = await quote(person, offerId);
      if (!quoted.ok) throw new Error('refused');
      await world.asOwner(`UPDATE quote SET ${column} WHERE id = $1`, [quoted.value.id]);
      const wish = { idempotencyKey: newId('audit'), quoteId: quoted.value.id, accountId, name: 'x' };
      return world.access.usecases.requestAccess(callOf(person), wish);
    };
    for (const column of [
      'total_micros = 1',
      'quantity_micros = quantity_micros * 2',
      'price_micros = 1',
      `ends_at = ends_at + interval '1 day'`,
      `expires_at = expires_at + interval '1 day'`,
      `proof = ''`,
    ]) {
      expect(await change(column), column).toMatchObject({ ok: false, refusal: { code: 'QUOTE_NOT_GENUINE' } });
    }
    expect(await change('created_at = created_at')).toMatchObject({ ok: true });
  });
});
