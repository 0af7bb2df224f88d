import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../../platform/auth/viewer.js';
import { armFaults } from '../../../platform/faultpoint.js';
import { forbidden } from '../../../platform/kernel/faults.js';
import { newId } from '../../../platform/kernel/ids.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import type { Offer } from '../../../subgraphs/access/domain/offer.js';
import type { ExtendGrantInput } from '../../../subgraphs/access/usecases/beginExtension.js';
import type { Caller } from '../../../subgraphs/access/usecases/ports.js';
import { latch } from '../../support/latch.js';
import {
  type AccessWorld,
  credits,
  inDays,
  makeAccessWorld,
  makeComputeAsking,
  makePerson,
} from '../support/accessWorld.js';
import {
  endBy,
  extendBy,
  extensionOf,
  type Holder,
  later,
  makeHolder as makeAnyHolder,
  makeHolderOf,
  recover,
} from '../support/holders.js';

// Invariants after every extension, whatever happened on its way, once the work that is waiting was done:
// X1 it is ACTIVE or FAILED, or nothing is kept of it; X2 no money came or went; X3 ACTIVE: the escrow, the resource, the window at
// the ledger and the grant have all of it; X4 else: none of them has any; X5 no run is left.

let world: AccessWorld;
beforeAll(async () => {
  world = await makeAccessWorld();
});
afterEach(() => {
  armFaults('');
  world.clock.set(null);
});
afterAll(() => world.stop());

/** Somebody with a grant of an offer of its own: 10 GiB for 30 days, for 10 CREDIT. */
const makeHolder = (over: Partial<Offer> = {}) => makeHolderOf(world, over);
/** The same for 10 core-hours. */
const makeComputeHolder = () => makeAnyHolder(world, makeComputeAsking(world));
const extend = (person: Person, input: ExtendGrantInput, over: Partial<Caller> = {}) =>
  extendBy(world, person, input, over);

/** Checks X2 to X5. */
async function settled(
  holder: Holder,
  expected: { readonly paid: bigint; readonly quantity: bigint; readonly endsAt: Date },
) {
  const { grantId, accountId, total } = holder;
  expect(world.fake.total()).toBe(total);
  expect(await world.prisma.sagaRun.count()).toBe(0);
  const grant = await world.prisma.grant.findUniqueOrThrow({ where: { id: grantId }, include: { parts: true } });
  expect(grant).toMatchObject({
    paidMicros: expected.paid,
    quantityMicros: expected.quantity,
    endsAt: expected.endsAt,
  });
  expect(grant.parts.reduce((sum, { paidMicros }) => sum + paidMicros, 0n)).toBe(expected.paid);
  expect(world.fake.escrows.get(grantId)).toMatchObject({ balance: expected.paid, endsAt: expected.endsAt });
  expect(
    world.fake.escrows.get(grantId)?.more.filter(({ hold, invoice }) => hold === 'OPEN' || invoice === 'ISSUED'),
  ).toEqual([]);
  expect(world.fake.available.get(accountId)).toBe(credits(100) - expected.paid);
  expect(world.fake.sizes.get(grantId)?.endsAt).toEqual(expected.endsAt);
}

const untouched = ({ endsAt }: Holder) => ({ paid: credits(10), quantity: 10_000_000n, endsAt });

describe('extendGrant', () => {
  it('of a drive gives more room and time at the price of now: reserved, grown, invoiced and paid into its escrow', async () => {
    const holder = await makeHolder();
    const { person, grantId, offer, startsAt, endsAt } = holder;
    await world.asOwner(
      `INSERT INTO offer_version (offer_id, version, price_micros, approval, visible_to, published_by)
       VALUES ($1, 2, 2000000, 'AUTOMATIC', '{}', 'test')`,
      [offer.id],
    );
    world.clock.set(later(startsAt, 15));
    const extended = await extend(person, extensionOf(grantId, { quantity: '10', endsAt: later(endsAt, 30) }));
    // 10 GiB more for a month and a half, and the 10 of before for a month, at 2 CREDIT each.
    expect(extended).toMatchObject({
      ok: true,
      value: {
        grant: {
          id: grantId,
          quantityMicros: 20_000_000n,
          endsAt: later(endsAt, 30),
          paidMicros: credits(60),
          isExtending: false,
        },
        extension: { status: 'ACTIVE', invoiceId: expect.stringMatching(/^inv_/) },
      },
    });
    await settled(holder, { paid: credits(60), quantity: 20_000_000n, endsAt: later(endsAt, 30) });
    expect(world.fake.sizes.get(grantId)?.quotaBytes).toBe(20n * 2n ** 30n);
    expect(world.fake.escrows.get(grantId)?.more).toMatchObject([{ hold: 'CAPTURED', invoice: 'PAID' }]);
    const [extension] = await world.prisma.grantExtension.findMany({ where: { grantId } });
    expect(world.fake.keysOf(extension?.id ?? '')).toEqual(['extendEscrow', 'grow', 'issuePrepayment', 'captureHold']);
    expect(
      await world.asOwner('SELECT actor, action, outcome FROM platform.audit_entry WHERE target = $1 ORDER BY id', [
        grantId,
      ]),
    ).toEqual([
      { actor: person.userId, action: 'extendGrant', outcome: 'OK' },
      { actor: 'service:access', action: 'extendGrant.end', outcome: 'OK' },
    ]);
    // Ended at the old end, the provider has earned each part to the second: 10 + 10, and of the rest half a month of 20.
    world.clock.set(endsAt);
    const ended = await endBy(world, person, grantId);
    expect(ended).toMatchObject({ ok: true, value: { state: 'ENDED', refundedMicros: credits(40) } });
    expect(world.fake.total()).toBe(holder.total);
  });

  it('moves the time at which it ends by itself', async () => {
    const holder = await makeHolder();
    const { person, grantId, endsAt } = holder;
    expect((await extend(person, extensionOf(grantId, { endsAt: later(endsAt, 10) }))).ok).toBe(true);
    world.clock.set(later(endsAt, 1));
    await world.work();
    expect(await world.prisma.grant.findUniqueOrThrow({ where: { id: grantId } })).toMatchObject({ state: 'OPEN' });
    world.clock.set(later(endsAt, 10));
    await world.work();
    expect(await world.prisma.grant.findUniqueOrThrow({ where: { id: grantId } })).toMatchObject({ state: 'ENDED' });
  });

  it('of compute by hours pays for them; by time alone costs nothing and moves no money', async () => {
    const holder = await makeComputeHolder();
    const { person, grantId, endsAt } = holder;
    const longer = await extend(person, extensionOf(grantId, { endsAt: later(endsAt, 5) }));
    expect(longer).toMatchObject({
      ok: true,
      value: { extension: { invoiceId: null }, grant: { paidMicros: credits(10) } },
    });
    const [free] = await world.prisma.grantExtension.findMany({ where: { grantId } });
    expect(world.fake.keysOf(free?.id ?? '')).toEqual(['extendEscrow', 'grow']);
    expect((await extend(person, extensionOf(grantId, { quantity: '2.5' }))).ok).toBe(true);
    await settled(holder, { paid: 12_500_000n, quantity: 12_500_000n, endsAt: later(endsAt, 5) });
  });

  it('that is asked 20 times at once with one key is made once, and answered the same', async () => {
    const holder = await makeHolder();
    const input = extensionOf(holder.grantId, { endsAt: later(holder.endsAt, 30) });
    const answers = await Promise.all(Array.from({ length: 20 }, () => extend(holder.person, input)));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    await settled(holder, { paid: credits(20), quantity: 10_000_000n, endsAt: later(holder.endsAt, 30) });
    expect(await extend(holder.person, { ...input, quantity: '1' })).toMatchObject({
      ok: false,
      refusal: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  it('with too little money tells the shortfall and keeps nothing but the key', async () => {
    const holder = await makeHolder();
    const input = extensionOf(holder.grantId, { quantity: '200' });
    for (const _time of [1, 2]) {
      expect(await extend(holder.person, input)).toMatchObject({
        ok: false,
        refusal: { code: 'INSUFFICIENT_FUNDS', accountId: holder.accountId },
      });
    }
    expect(await world.prisma.grantExtension.count({ where: { grantId: holder.grantId } })).toBe(0);
    await settled(holder, untouched(holder));
    expect((await extend(holder.person, extensionOf(holder.grantId, { quantity: '1' }))).ok).toBe(true);
  });

  it('waits for nobody: a second one is refused while the first is under way, and the grant says so', async () => {
    const holder = await makeHolder();
    const gate = latch();
    world.fake.hold('extendDrive', gate.opened);
    const first = extend(holder.person, extensionOf(holder.grantId, { endsAt: later(holder.endsAt, 30) }));
    await expect.poll(() => world.fake.calls.at(-1)?.method).toBe('extendDrive');
    expect(await extend(holder.person, extensionOf(holder.grantId, { quantity: '1' }))).toMatchObject({
      ok: false,
      refusal: { code: 'EXTENSION_UNDER_WAY' },
    });
    const due = await extend(holder.person, extensionOf(holder.grantId), { deadlineAt: Date.now() });
    expect(due).toMatchObject({ ok: false, refusal: { code: 'EXTENSION_UNDER_WAY' } });
    gate.open();
    expect(await first).toMatchObject({ ok: true });
    world.fake.hold('extendDrive', Promise.resolve());
    await settled(holder, { paid: credits(20), quantity: 10_000_000n, endsAt: later(holder.endsAt, 30) });
  });

  it('whose answer is due goes on in the background; the same key answers what came of it', async () => {
    const holder = await makeHolder();
    const gate = latch();
    world.fake.hold('captureHold', gate.opened);
    const input = extensionOf(holder.grantId, { endsAt: later(holder.endsAt, 30) });
    const early = await extend(holder.person, input, { deadlineAt: Date.now() + 700 });
    expect(early).toMatchObject({
      ok: true,
      value: { grant: { isExtending: true, endsAt: holder.endsAt }, extension: { status: 'PROVISIONING' } },
    });
    gate.open();
    expect(await extend(holder.person, input)).toMatchObject({
      ok: true,
      value: {
        grant: { isExtending: false, endsAt: later(holder.endsAt, 30) },
        extension: { status: 'ACTIVE', invoiceId: expect.stringMatching(/^inv_/) },
      },
    });
    world.fake.hold('captureHold', Promise.resolve());
  });

  it.each<[string, Partial<Offer>, string]>([
    ['is retired', { status: 'RETIRED' }, 'OFFER_RETIRED'],
    ['is not given yet', { validFrom: inDays(1) }, 'OFFER_NOT_IN_FORCE'],
    ['is not given any more', { validUntil: inDays(-1) }, 'OFFER_NOT_IN_FORCE'],
    ["a group's ADMINs decide on, and no group holds it,", { approval: 'GROUP_ADMIN' }, 'EXTENSION_NEEDS_REVIEW'],
    ['is for others now', { visibleTo: [newId('group')] }, 'OFFER_RETIRED'],
  ])('of an offer that %s is refused', async (_what, terms, code) => {
    const holder = await makeHolder();
    const { offer } = holder;
    const { status = 'ACTIVE', approval = 'AUTOMATIC', visibleTo = [], validFrom = null, validUntil = null } = terms;
    await world.asOwner('UPDATE offer SET status = $2 WHERE id = $1', [offer.id, status]);
    await world.asOwner(
      `INSERT INTO offer_version (offer_id, version, price_micros, approval, visible_to, published_by, valid_from, valid_until)
       VALUES ($1, 2, 1000000, $2, $3, 'test', $4, $5)`,
      [offer.id, approval, visibleTo, validFrom, validUntil],
    );
    expect(await extend(holder.person, extensionOf(holder.grantId, { quantity: '1' }))).toMatchObject({
      ok: false,
      refusal: { code },
    });
    await settled(holder, untouched(holder));
  });

  it('of a grant that has ended is refused, also where no timer has come by yet', async () => {
    const holder = await makeHolder();
    const refusal = { ok: false, refusal: { code: 'GRANT_NOT_ACTIVE' } };
    world.clock.set(holder.endsAt);
    expect(await extend(holder.person, extensionOf(holder.grantId, { endsAt: later(holder.endsAt, 1) }))).toMatchObject(
      refusal,
    );
    world.clock.set(null);
    await endBy(world, holder.person, holder.grantId);
    expect(await extend(holder.person, extensionOf(holder.grantId, { quantity: '1' }))).toMatchObject(refusal);
  });

  it('is for the holder alone: NOT_FOUND to others, FORBIDDEN to operators and without the scope', async () => {
    const { person, grantId } = await makeHolder();
    const refuse = (viewer: Person, id = grantId) => expect(extend(viewer, extensionOf(id, { quantity: '1' }))).rejects;
    await refuse(makePerson()).toMatchObject({ code: 'NOT_FOUND' });
    await refuse(makePerson({ operator: true })).toMatchObject({ code: 'FORBIDDEN' });
    await refuse(makePerson({ ...person, scopes: new Set() })).toMatchObject({ code: 'FORBIDDEN' });
    await refuse(person, newId('grant')).toMatchObject({ code: 'NOT_FOUND' });
    await refuse(person, 'grt_').toMatchObject({ code: 'NOT_FOUND' });
  });

  it('for whom accounting does not let spend any more is a fault that keeps nothing, the key included', async () => {
    const holder = await makeHolder();
    const input = extensionOf(holder.grantId, { quantity: '1' });
    world.fake.plan('extendEscrow', { kind: 'throw', error: forbidden() });
    await expect(extend(holder.person, input)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await settled(holder, untouched(holder));
    expect((await extend(holder.person, input)).ok).toBe(true);
  });
});

const FORWARD = ['extendEscrow', 'grow', 'issuePrepayment', 'captureHold'];
const why: Refusal = refused('CAPACITY_EXCEEDED', 'full');

describe('an extension on its way', () => {
  it.each([
    ['extendDrive', ['abandonExtension']],
    ['issuePrepayment', ['shrink', 'abandonExtension']],
    ['captureHold', ['voidPrepayment', 'shrink', 'abandonExtension']],
  ])('whose %s is refused is undone, last first, and the key says why', async (method, undone) => {
    const holder = await makeHolder();
    const input = extensionOf(holder.grantId, { quantity: '5', endsAt: later(holder.endsAt, 30) });
    world.fake.plan(method, { kind: 'refuse', refusal: why });
    expect(await extend(holder.person, input)).toEqual({ ok: false, refusal: why });
    expect(await extend(holder.person, input)).toEqual({ ok: false, refusal: why });
    const [extension] = await world.prisma.grantExtension.findMany({ where: { grantId: holder.grantId } });
    expect(extension).toMatchObject({ status: 'FAILED' });
    expect(world.fake.keysOf(extension?.id ?? '').slice(-undone.length)).toEqual(undone);
    await settled(holder, untouched(holder));
  });

  it.each(['accept.after', ...FORWARD.flatMap((step) => [`${step}.before`, `${step}.after`])])(
    'that crashes at %s ends done or undone by a fresh runner',
    async (point) => {
      const holder = await (point.length % 2 === 0 ? makeHolder() : makeComputeHolder());
      const input = extensionOf(holder.grantId, { quantity: '30', endsAt: later(holder.endsAt, 30) });
      armFaults(`access.extendGrant.${point}=throw`);
      await expect(extend(holder.person, input)).rejects.toThrow('fault injected');
      await recover(world, world.replica());
      // Only the person could have reserved the price: a chain that was interrupted there is given up.
      const isEarly = point.startsWith('accept') || point.startsWith('extendEscrow');
      const answer = await extend(holder.person, input);
      if (isEarly) {
        expect(answer).toMatchObject({ ok: false, refusal: { code: 'CHAIN_INTERRUPTED' } });
        await settled(holder, untouched(holder));
      } else {
        expect(answer).toMatchObject({ ok: true, value: { grant: { quantityMicros: 40_000_000n } } });
        const paid = answer.ok ? answer.value.grant.paidMicros : 0n;
        await settled(holder, { paid, quantity: 40_000_000n, endsAt: later(holder.endsAt, 30) });
      }
    },
  );

  it.each(['voidPrepayment', 'shrink', 'abandonExtension'].flatMap((step) => [`${step}.before`, `${step}.after`]))(
    'that crashes at %s, while it is undone, is undone all the same',
    async (point) => {
      const holder = await makeHolder();
      const input = extensionOf(holder.grantId, { quantity: '5' });
      world.fake.plan('captureHold', { kind: 'refuse', refusal: why });
      armFaults(`access.extendGrant.${point}=throw`);
      await expect(extend(holder.person, input)).rejects.toThrow('fault injected');
      await recover(world, world.replica());
      await settled(holder, untouched(holder));
      expect(await extend(holder.person, input)).toEqual({ ok: false, refusal: why });
    },
  );

  it.each(['extendEscrow', 'extendDrive', 'issuePrepayment', 'captureHold'])(
    'whose answer of %s is lost asks again with the same key: one effect',
    async (method) => {
      const holder = await makeHolder();
      world.fake.plan(method, { kind: 'lost', times: 2 });
      const extended = await extend(holder.person, extensionOf(holder.grantId, { endsAt: later(holder.endsAt, 30) }));
      expect(extended.ok).toBe(true);
      await settled(holder, { paid: credits(20), quantity: 10_000_000n, endsAt: later(holder.endsAt, 30) });
    },
  );

  it.each([
    ['grow', 'FAILED'],
    ['issuePrepayment', 'FAILED'],
    ['captureHold', 'ACTIVE'],
  ])('that is out of time at %s ends %s: what commits is never given up', async (step, status) => {
    const holder = await makeHolder();
    armFaults(`access.extendGrant.${step}.before=throw`);
    const input = extensionOf(holder.grantId, { endsAt: later(holder.endsAt, 30) });
    await expect(extend(holder.person, input)).rejects.toThrow('fault injected');
    armFaults('');
    await world.prisma.sagaRun.updateMany({ data: { startedAt: new Date(Date.now() - 16 * 60_000) } });
    await recover(world);
    const [extension] = await world.prisma.grantExtension.findMany({ where: { grantId: holder.grantId } });
    expect(extension).toMatchObject({ status });
    const done = { paid: credits(20), quantity: 10_000_000n, endsAt: later(holder.endsAt, 30) };
    await settled(holder, status === 'ACTIVE' ? done : untouched(holder));
  });

  it.each(['extendEscrow', 'extendDrive', 'issuePrepayment', 'captureHold'])(
    'whose grant is ended during %s: the end waits for it, and everything is settled to the last millionth',
    async (method) => {
      const holder = await makeHolder();
      const { person, grantId, accountId } = holder;
      const gate = latch();
      world.fake.hold(method, gate.opened);
      const extending = extend(person, extensionOf(grantId, { quantity: '5' }));
      await expect.poll(() => world.fake.calls.at(-1)?.method).toBe(method);
      expect(await endBy(world, person, grantId)).toMatchObject({ ok: true, value: { state: 'ENDING' } });
      // Access is closed at once; the money waits.
      expect(world.fake.drives.get(grantId)).toBe('READ_ONLY');
      expect(world.fake.escrows.get(grantId)?.status).toBe('OPEN');
      gate.open();
      await extending;
      world.fake.hold(method, Promise.resolve());
      await recover(world);
      const grant = await world.prisma.grant.findUniqueOrThrow({ where: { id: grantId } });
      expect(grant.state).toBe('ENDED');
      expect(world.fake.total()).toBe(holder.total);
      expect(world.fake.isClean(grantId)).toBe(true);
      const consumed = grant.paidMicros - grant.refundedMicros;
      expect(world.fake.available.get(accountId)).toBe(credits(100) - consumed);
    },
  );

  it('that has ended does not change, nor do the parts that were paid', async () => {
    const holder = await makeHolder();
    await extend(holder.person, extensionOf(holder.grantId, { quantity: '1' }));
    await expect(world.asOwner(`UPDATE grant_extension SET status = 'FAILED'`)).rejects.toThrow('does not change');
    await expect(world.asOwner('DELETE FROM grant_extension')).rejects.toThrow('does not change');
    await expect(world.asOwner('UPDATE grant_part SET paid_micros = 1')).rejects.toThrow();
  });
});
