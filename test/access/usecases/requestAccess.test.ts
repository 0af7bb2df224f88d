import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
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
  trailOf,
} from '../support/accessWorld.js';
import { auditBy, quoteWish, rowsOf } from '../support/requestTraces.js';

let world: AccessWorld;
beforeAll(async () => {
  world = await makeAccessWorld();
});
afterAll(() => world.stop());

const rows = () => rowsOf(world);
const auditOf = (actor: string) => auditBy(world, actor);

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
