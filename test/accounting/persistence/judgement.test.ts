import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { MICROS_MAX } from '../../../platform/kernel/money.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { type LedgerBench, openLedgerBench } from '../ledgerBench.js';

let bench: LedgerBench;
beforeAll(async () => {
  bench = await openLedgerBench();
});
afterAll(async () => {
  await bench.close();
});

const posting = (debitId: string, creditId: string, micros: bigint, unit: string = wellKnown.unit) =>
  ({
    op: 'TRANSFER',
    kind: debitId === wellKnown.accountIssuance ? 'DEPOSIT' : 'TRANSFER',
    id: newId('transfer'),
    debitId,
    creditId,
    amount: { micros, unit },
    description: 'Test',
  }) as const;

describe('what the posting function judges', () => {
  it('ACCOUNTS_MUST_DIFFER', async () => {
    const a = await bench.accountWith(1);
    expect(await bench.transfer(a, a, 1)).toMatchObject({ refusal: { code: 'ACCOUNTS_MUST_DIFFER' } });
  });

  it('UNIT_UNKNOWN and UNIT_MISMATCH', async () => {
    const a = await bench.accountWith(1);
    const b = await bench.accountWith(0);
    expect(await bench.post(posting(a, b, 1n, 'GOLD'))).toMatchObject({ refusal: { code: 'UNIT_UNKNOWN' } });
    await bench.owner.query("SELECT first_boot('HOURS', 'acc_hours_issuance', 'grp_x', 'acc_hours_revenue')");
    expect(await bench.post(posting(a, b, 1n, 'HOURS'))).toMatchObject({ refusal: { code: 'UNIT_MISMATCH' } });
    expect(await bench.post(posting(a, 'acc_hours_revenue', 1n))).toMatchObject({ refusal: { code: 'UNIT_MISMATCH' } });
  });

  it('ACCOUNT_FROZEN: nothing leaves, what arrives is taken', async () => {
    const a = await bench.accountWith(5);
    const b = await bench.accountWith(5);
    const hold = await bench.heldOf(await bench.placeHold(a, b, 1));
    expect((await bench.change(a, { change: 'FREEZE' })).ok).toBe(true);
    expect(await bench.transfer(a, b, 1)).toMatchObject({ refusal: { code: 'ACCOUNT_FROZEN' } });
    expect(await bench.capture(hold, 1)).toMatchObject({ refusal: { code: 'ACCOUNT_FROZEN' } });
    expect((await bench.transfer(b, a, 1)).ok).toBe(true);
  });

  it('ACCOUNT_CLOSED on either side', async () => {
    const a = await bench.accountWith(5);
    const b = await bench.accountWith(0);
    expect((await bench.change(b, { change: 'CLOSE' })).ok).toBe(true);
    expect(await bench.transfer(a, b, 1)).toMatchObject({ refusal: { code: 'ACCOUNT_CLOSED' } });
    expect(await bench.transfer(b, a, 1)).toMatchObject({ refusal: { code: 'ACCOUNT_CLOSED' } });
  });

  it('spends down to the overdraft limit and not a millionth further', async () => {
    const a = await bench.accountWith(0);
    const b = await bench.accountWith(0);
    const limit = { micros: 150_000_000n, unit: wellKnown.unit };
    expect((await bench.change(a, { change: 'OVERDRAFT', limit })).ok).toBe(true);
    expect(await bench.transfer(a, b, 150.000001)).toMatchObject({ refusal: { shortfall: { micros: 1n } } });
    expect((await bench.transfer(a, b, 150)).ok).toBe(true);
    expect(await bench.sums(a)).toMatchObject({ posted: -150 });
  });

  it('finds no account where there is none: NOT_FOUND, and keeps nothing of it', async () => {
    const a = await bench.accountWith(1);
    await expect(bench.post(posting(a, newId('account'), 1n), 'nowhere')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const b = await bench.accountWith(0);
    expect((await bench.post(posting(a, b, 1n), 'nowhere')).ok).toBe(true);
  });

  it('writes one audit entry for an effect, one for a refusal, and none for a repetition', async () => {
    const a = await bench.accountWith(1);
    const b = await bench.accountWith(0);
    const count = async () =>
      Number((await bench.owner.query('SELECT count(*) AS n FROM platform.audit_entry')).rows[0]?.n);
    const before = await count();
    await bench.transfer(a, b, 1, 'audited');
    await bench.transfer(a, b, 1, 'audited');
    await bench.transfer(a, b, 1);
    expect(await count()).toBe(before + 2);
  });

  // The last one: it leaves nothing to issue.
  it('AMOUNT_TOO_LARGE where a balance would leave BIGINT, on either side', async () => {
    const a = await bench.accountWith(1);
    const issued =
      (await bench.accounts.sumsOf([wellKnown.accountIssuance])).get(wellKnown.accountIssuance)?.posted ?? 0n;
    const rest = MICROS_MAX + issued;
    expect(await bench.post(posting(wellKnown.accountIssuance, a, rest + 1n))).toMatchObject({
      refusal: { code: 'AMOUNT_TOO_LARGE' },
    });
    const b = await bench.accountWith(0);
    expect((await bench.post(posting(wellKnown.accountIssuance, b, rest))).ok).toBe(true);
    expect(await bench.post(posting(wellKnown.accountIssuance, a, 1n))).toMatchObject({
      refusal: { code: 'AMOUNT_TOO_LARGE' },
    });
    await bench.assertInvariants();
  });
});
