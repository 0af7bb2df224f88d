import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../../platform/auth/viewer.js';
import { notFound, unauthenticated, unavailable } from '../../../platform/kernel/faults.js';
import { newId } from '../../../platform/kernel/ids.js';
import { refused } from '../../../platform/kernel/refusal.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import {
  type AccessWorld,
  ask,
  callOf,
  credits,
  inDays,
  makeAccessWorld,
  makeAsking,
  makeComputeAsking,
  makePerson,
  trailOf,
} from '../support/accessWorld.js';
import { makeOffer } from '../support/reviewedOffers.js';

let world: AccessWorld;
beforeAll(async () => {
  world = await makeAccessWorld();
});
afterAll(() => world.stop());

/** A drive of 10 GiB for a month. */
const quoteWish = () => ({
  idempotencyKey: newId('audit'),
  offerId: wellKnown.offerStorage,
  quantity: '10',
  endsAt: inDays(30),
});

/** How many rows there are of what a request leaves. */
const rows = async () => ({
  requests: await world.prisma.accessRequest.count(),
  quotes: await world.prisma.quote.count(),
  grants: await world.prisma.grant.count(),
  runs: await world.prisma.sagaRun.count(),
  events: await world.prisma.accessRequestEvent.count(),
});

const auditOf = async (actor: string) =>
  world.asOwner<{ action: string; outcome: string; target: string | null }>(
    'SELECT action, outcome, target FROM platform.audit_entry WHERE actor = $1 ORDER BY id',
    [actor],
  );

describe('requestAccess', () => {
  it('takes a storage wish through the whole chain within the call', async () => {
    const asking = makeAsking(world);
    const request = await ask(world, asking);
    expect(request).toMatchObject({ status: 'ACTIVE', requesterId: asking.person.userId, failure: null });
    const chain = ['openEscrow', 'provision', 'issuePrepayment', 'captureHold', 'activate'];
    expect(world.fake.keysOf(request.id)).toEqual(chain);
    expect(await trailOf(world, request.id)).toEqual(['verifyIdentity', 'quote', ...chain].map((step) => `${step} OK`));
    const grant = await world.prisma.grant.findUniqueOrThrow({ where: { id: request.grantId } });
    expect(grant).toMatchObject({ state: 'OPEN', holderId: asking.person.userId, requestId: request.id });
    const escrow = world.fake.escrows.get(grant.id);
    expect(escrow).toMatchObject({
      escrowAccountId: grant.escrowAccountId,
      holdId: request.holdId,
      payerAccountId: asking.accountId,
      payeeAccountId: wellKnown.accountRevenueLocal,
      balance: grant.paidMicros,
      hold: 'CAPTURED',
      invoice: 'PAID',
      holdExpiresInSeconds: 86_400 + 900,
    });
    expect(world.fake.drives.get(grant.id)).toBe('ACTIVE');
    expect(world.fake.quotas.get(grant.id)).toBe(10n * 2n ** 30n);
    // The window is 30 days and the part of a second that "now" was cut by.
    expect(grant.paidMicros).toBeGreaterThanOrEqual(credits(10));
    expect(grant.paidMicros).toBeLessThanOrEqual(credits(10) + 8n);
    expect(world.fake.available.get(asking.accountId)).toBe(credits(100) - grant.paidMicros);
    expect(await world.prisma.sagaRun.count({ where: { id: request.id } })).toBe(0);
    expect(await auditOf(asking.person.userId)).toMatchObject([
      { action: 'requestAccess', outcome: 'OK', target: request.id },
    ]);
  });

  it('takes a compute wish through the same chain', async () => {
    const request = await ask(world, makeComputeAsking(world));
    expect(request.status).toBe('ACTIVE');
    expect(world.fake.allocations.get(request.grantId)).toBe('ACTIVE');
    expect(world.fake.escrows.get(request.grantId)?.balance).toBe(credits(10));
  });

  it('charges what a quote says, and nothing but the quote is needed', async () => {
    const { person, input } = makeAsking(world);
    const { accountId, name } = input;
    const wish = quoteWish();
    const quoted = await world.access.usecases.quoteAccess(callOf(person), { ...wish, idempotencyKey: 'quote' });
    if (!quoted.ok) throw new Error('refused');
    const request = await ask(world, {
      person,
      input: { idempotencyKey: 'ask', quoteId: quoted.value.id, accountId, name },
    });
    expect(request).toMatchObject({ status: 'ACTIVE', quoteId: quoted.value.id });
    expect(world.fake.escrows.get(request.grantId)?.balance).toBe(quoted.value.total.micros);
  });

  it('uses the exchanged token for openEscrow alone', async () => {
    const request = await ask(world, makeAsking(world));
    const calls = world.fake.calls.filter(({ key }) => key.startsWith(request.id));
    expect(calls.map(({ token }) => token)).toEqual(['exchanged token', ...Array<undefined>(4).fill(undefined)]);
  });

  it('lets a window begin later', async () => {
    const asking = makeAsking(world);
    const request = await ask(world, { ...asking, input: { ...asking.input, startsAt: inDays(2) } });
    const loaders = world.access.makeLoaders();
    const grant = await world.access.usecases.findGrant(asking.person, loaders, request.grantId);
    if (grant === null) throw new Error('no grant');
    expect(world.access.usecases.grantStatus(grant)).toBe('SCHEDULED');
    expect(grant.paidMicros).toBeLessThan(credits(10));
  });
});

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

describe('many requestAccess at once', () => {
  it('are each served: 100 chains, 100 charges', async () => {
    const askings = Array.from({ length: 100 }, () => makeComputeAsking(world));
    // The answer is not due before they are done: that they are served is shown here, not how fast.
    const call = (person: Person) => callOf(person, { deadlineAt: Date.now() + 120_000 });
    const answers = await Promise.all(
      askings.map(({ person, input }) => world.access.usecases.requestAccess(call(person), input)),
    );
    expect(new Set(answers.map((one) => one.ok && one.value.status))).toEqual(new Set(['ACTIVE']));
    for (const { accountId } of askings) expect(world.fake.available.get(accountId)).toBe(credits(90));
  });
});

describe('a repeated requestAccess', () => {
  it('gives the same request and charges once', async () => {
    const asking = makeAsking(world);
    const first = await ask(world, asking);
    const again = await ask(world, { ...asking, input: { ...asking.input, quantity: '10.000' } });
    expect(again).toEqual(first);
    expect(world.fake.keysOf(first.id)).toHaveLength(5);
  });

  it('with other input is refused IDEMPOTENCY_KEY_REUSED', async () => {
    const asking = makeAsking(world);
    await ask(world, asking);
    const other = { ...asking.input, quantity: '11' };
    expect(await world.access.usecases.requestAccess(callOf(asking.person), other)).toMatchObject({
      ok: false,
      refusal: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  it('20 times at once: one chain, one charge, the same answer to all', async () => {
    const { person, input, accountId } = makeAsking(world);
    const replica = world.replica();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? world.access : replica).usecases.requestAccess(callOf(person), input),
      ),
    );
    const ids = new Set(answers.map((answer) => (answer.ok ? `${answer.value.id} ${answer.value.status}` : 'refused')));
    expect([...ids]).toEqual([expect.stringMatching(/ACTIVE$/)]);
    expect(await world.prisma.accessRequest.count({ where: { accountId } })).toBe(1);
    expect(world.fake.available.get(accountId)).toBeGreaterThanOrEqual(credits(100) - credits(10) - 8n);
  });

  it('20 times at once with too little money: the same refusal to all', async () => {
    const { person, input } = makeAsking(world, 0n);
    const before = await rows();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => world.access.usecases.requestAccess(callOf(person), input)),
    );
    expect(answers.every((answer) => !answer.ok && answer.refusal.code === 'INSUFFICIENT_FUNDS')).toBe(true);
    expect(await rows()).toEqual(before);
  });

  it('waits for the first as long as it may, then answers with the present status', async () => {
    const { person, input } = makeAsking(world);
    let goOn: () => void = () => {};
    world.fake.hold(
      'provisionDrive',
      new Promise((resolve) => {
        goOn = resolve;
      }),
    );
    const first = world.access.usecases.requestAccess(callOf(person), input);
    const hasty = await world.access.usecases.requestAccess(callOf(person, { deadlineAt: Date.now() + 800 }), input);
    expect(hasty).toMatchObject({ ok: true, value: { status: 'PROVISIONING' } });
    goOn();
    expect(await first).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
    expect(await world.access.usecases.requestAccess(callOf(person), input)).toEqual(await first);
  });
});

describe('a chain that outlives its deadline', () => {
  it('answers with its present status and goes on in the background', async () => {
    const { person, input } = makeAsking(world);
    let goOn: () => void = () => {};
    world.fake.hold(
      'openEscrow',
      new Promise((resolve) => {
        goOn = resolve;
      }),
    );
    const answer = await world.access.usecases.requestAccess(callOf(person, { deadlineAt: Date.now() + 700 }), input);
    expect(answer).toMatchObject({ ok: true, value: { status: 'SUBMITTED' } });
    goOn();
    expect(await world.access.usecases.requestAccess(callOf(person), input)).toMatchObject({
      ok: true,
      value: { status: 'ACTIVE' },
    });
  });

  it('and whose price is refused then is FAILED, since somebody has seen it', async () => {
    const { person, input } = makeAsking(world, 0n);
    let goOn: () => void = () => {};
    world.fake.hold(
      'openEscrow',
      new Promise((resolve) => {
        goOn = resolve;
      }),
    );
    const answer = await world.access.usecases.requestAccess(callOf(person, { deadlineAt: Date.now() + 700 }), input);
    if (!answer.ok) throw new Error('refused');
    goOn();
    const ended = await world.access.usecases.requestAccess(callOf(person), input);
    expect(ended).toMatchObject({
      ok: true,
      value: {
        id: answer.value.id,
        status: 'FAILED',
        failure: { code: 'INSUFFICIENT_FUNDS', shortfall: { unit: 'CREDIT' } },
      },
    });
    expect(await trailOf(world, answer.value.id)).toEqual([
      'verifyIdentity OK',
      'quote OK',
      'openEscrow INSUFFICIENT_FUNDS',
    ]);
  });

  it('or is a fault then is FAILED likewise', async () => {
    const { person, input } = makeAsking(world);
    let goOn: () => void = () => {};
    world.fake.hold(
      'openEscrow',
      new Promise((resolve) => {
        goOn = resolve;
      }),
    );
    world.fake.plan('openEscrow', { kind: 'throw', error: notFound('account') });
    const answer = await world.access.usecases.requestAccess(callOf(person, { deadlineAt: Date.now() + 700 }), input);
    expect(answer).toMatchObject({ ok: true, value: { status: 'SUBMITTED' } });
    goOn();
    expect(await world.access.usecases.requestAccess(callOf(person), input)).toMatchObject({
      ok: true,
      value: { status: 'FAILED', failure: refused('PROVISIONING_FAILED', expect.any(String) as never) },
    });
  });
});
