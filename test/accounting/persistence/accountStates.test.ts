import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { ok } from '../../../platform/kernel/result.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { callOfTest, type LedgerBench, openLedgerBench, units } from '../ledgerBench.js';

let bench: LedgerBench;
beforeAll(async () => {
  bench = await openLedgerBench();
});
afterAll(async () => {
  await bench.assertInvariants();
  await bench.close();
});

const code = (answer: { ok: boolean; refusal?: { code: string } }) => (answer.ok ? 'OK' : answer.refusal?.code);
const overdraft = (id: string, amount: number) =>
  bench.change(id, { change: 'OVERDRAFT', limit: { micros: units(amount), unit: wellKnown.unit } });
const close = (id: string) => bench.change(id, { change: 'CLOSE' });
const statusOf = async (id: string) => (await bench.accounts.byIds([id])).get(id)?.status;

describe('the overdraft limit', () => {
  it('counts as available, and is not set below what is used: OVERDRAFT_IN_USE', async () => {
    const a = await bench.accountWith(0);
    const b = await bench.accountWith(0);
    expect(code(await overdraft(a, 150))).toBe('OK');
    await bench.transfer(a, b, 100);
    const hold = await bench.heldOf(await bench.placeHold(a, b, 30));
    expect(code(await overdraft(a, 129.999999))).toBe('OVERDRAFT_IN_USE');
    expect(code(await overdraft(a, 130))).toBe('OK');
    expect(code(await bench.transfer(a, b, 0.000001))).toBe('INSUFFICIENT_FUNDS');
    // A hold whose time ran out does not count, tidied or not.
    await bench.letExpire(hold.id);
    expect(code(await overdraft(a, 100))).toBe('OK');
  });

  it('near the end of BIGINT lets no hold leave it: AMOUNT_TOO_LARGE', async () => {
    const a = await bench.accountWith(0);
    const b = await bench.accountWith(0);
    const all = { micros: 2n ** 63n - 1n, unit: wellKnown.unit };
    expect(code(await bench.change(a, { change: 'OVERDRAFT', limit: all }))).toBe('OK');
    await bench.transfer(b, a, 1);
    await bench.transfer(await bench.accountWith(5), a, 5);
    const hold = (micros: bigint) =>
      bench.post({
        op: 'HOLD',
        id: newId('hold'),
        debitId: a,
        creditId: b,
        amount: { micros, unit: wellKnown.unit },
        expiresInSeconds: 60,
        resource: '',
        reason: 'Test',
        holderId: '',
      });
    expect(code(await hold(2n ** 63n - 1n))).toBe('OK');
    expect(code(await hold(1n))).toBe('AMOUNT_TOO_LARGE');
  });

  it('of an account of another unit is another thing: UNIT_MISMATCH', async () => {
    const a = await bench.accountWith(0);
    const limit = { micros: 1n, unit: 'HOURS' };
    expect(code(await bench.change(a, { change: 'OVERDRAFT', limit }))).toBe('UNIT_MISMATCH');
  });
});

describe('freezing and closing', () => {
  it('is done once, and leaves one audit entry', async () => {
    const a = await bench.accountWith(1);
    for (const _ of [1, 2, 3]) expect(code(await bench.change(a, { change: 'FREEZE' }))).toBe('OK');
    expect(await statusOf(a)).toBe('FROZEN');
    for (const _ of [1, 2]) expect(code(await bench.change(a, { change: 'UNFREEZE' }))).toBe('OK');
    expect(await statusOf(a)).toBe('OPEN');
    const { rows } = await bench.owner.query(
      'SELECT outcome FROM platform.audit_entry WHERE target = $1 AND action = $2',
      [a, 'change'],
    );
    expect(rows).toEqual([{ outcome: 'OK' }, { outcome: 'OK' }]);
  });

  it('closes no account that money is on, or waits for: ACCOUNT_NOT_EMPTY', async () => {
    const a = await bench.accountWith(1);
    const b = await bench.accountWith(0);
    expect(code(await close(a))).toBe('ACCOUNT_NOT_EMPTY');
    const hold = await bench.heldOf(await bench.placeHold(a, b, 1));
    expect(code(await close(b))).toBe('ACCOUNT_NOT_EMPTY');
    await bench.letExpire(hold.id);
    expect(code(await close(b))).toBe('OK');
    expect(code(await close(b))).toBe('OK');
    expect(code(await bench.transfer(a, b, 1))).toBe('ACCOUNT_CLOSED');
    expect(code(await bench.change(b, { change: 'FREEZE' }))).toBe('ACCOUNT_CLOSED');
    expect(code(await overdraft(b, 1))).toBe('ACCOUNT_CLOSED');
  });

  it('closes an overdrawn account no more than a full one, nor one with a hold on its overdraft', async () => {
    const a = await bench.accountWith(0);
    const b = await bench.accountWith(0);
    await overdraft(a, 10);
    const hold = await bench.heldOf(await bench.placeHold(a, b, 1));
    expect(code(await close(a))).toBe('ACCOUNT_NOT_EMPTY');
    await bench.release(hold);
    await bench.transfer(a, b, 1);
    expect(code(await close(a))).toBe('ACCOUNT_NOT_EMPTY');
    await bench.transfer(b, a, 1);
    expect(code(await close(a))).toBe('OK');
    expect((await bench.accounts.sumsOf([a])).get(a)?.overdraftLimit).toBe(0n);
  });

  it('keeps the account of a live grant, whose rest comes back there: ACCOUNT_NOT_EMPTY', async () => {
    const payerId = await bench.accountWith(10);
    const accountId = newId('account');
    const money = { micros: units(10), unit: wellKnown.unit };
    const opened = await bench.ledger.openEscrow(
      callOfTest('openEscrow'),
      ok({
        accountId,
        holdId: newId('hold'),
        name: 'Escrow',
        grantId: newId('grant'),
        holderId: newId('user'),
        payerId,
        payeeId: wellKnown.accountRevenueLocal,
        amount: money,
        expiresInSeconds: 60,
        startsAt: new Date(Date.now() - 60_000),
        endsAt: new Date(Date.now() + 60_000),
        service: 'service:access',
      }),
    );
    await bench.capture(await bench.heldOf(opened), 10);
    expect(await bench.sums(payerId)).toEqual({ posted: 0, held: 0, incoming: 0 });
    expect(code(await close(payerId))).toBe('ACCOUNT_NOT_EMPTY');
    expect(code(await close(accountId))).toBe('ACCOUNT_KIND_FIXED');
    expect(code(await bench.change(accountId, { change: 'FREEZE' }))).toBe('ACCOUNT_KIND_FIXED');
    expect(code(await overdraft(accountId, 5))).toBe('ACCOUNT_KIND_FIXED');
  });

  it('of ISSUANCE and, but for freezing, of REVENUE is not done: ACCOUNT_KIND_FIXED', async () => {
    expect(code(await close(wellKnown.accountIssuance))).toBe('ACCOUNT_KIND_FIXED');
    expect(code(await overdraft(wellKnown.accountIssuance, 5))).toBe('ACCOUNT_KIND_FIXED');
    expect(code(await close(wellKnown.accountRevenueLocal))).toBe('ACCOUNT_KIND_FIXED');
    expect(code(await bench.change(wellKnown.accountRevenueLocal, { change: 'FREEZE' }))).toBe('OK');
    expect(code(await bench.change(wellKnown.accountRevenueLocal, { change: 'UNFREEZE' }))).toBe('OK');
  });

  it('and paying at the same time leave no money on a closed account', async () => {
    const a = await bench.accountWith(20);
    for (let round = 0; round < 10; round += 1) {
      const b = await bench.accountWith(0);
      const [paid, closed] = await Promise.all([bench.transfer(a, b, 1), close(b)]);
      expect([code(paid), code(closed)]).toEqual(closed.ok ? ['ACCOUNT_CLOSED', 'OK'] : ['OK', 'ACCOUNT_NOT_EMPTY']);
    }
  });

  it('finds no account where there is none', async () => {
    await expect(close(newId('account'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
