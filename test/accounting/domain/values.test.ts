import { describe, expect, it } from 'vitest';
import { toBalance } from '../../../subgraphs/accounting/domain/balance.js';
import { type Hold, remainingOf } from '../../../subgraphs/accounting/domain/hold.js';
import { formatNumber, judgeLines } from '../../../subgraphs/accounting/domain/invoice.js';
import { claimsOf } from '../../../subgraphs/accounting/domain/receipt.js';
import { entryOf, type Transfer } from '../../../subgraphs/accounting/domain/transfer.js';

const money = (micros: bigint, unit = 'CREDIT') => ({ micros, unit });
const transfer: Transfer = {
  id: 'trf_1',
  debitId: 'acc_a',
  creditId: 'acc_b',
  amount: money(1_500_000n),
  description: 'x',
  kind: 'TRANSFER',
  holdId: null,
  invoiceId: null,
  reversesId: null,
  recordedAt: new Date('2026-01-31T12:00:00Z'),
  effectiveAt: new Date('2026-01-31T12:00:00Z'),
  sequence: 7n,
  entryHash: 'hash',
  debitBalanceAfter: -1_500_000n,
  creditBalanceAfter: 1_500_000n,
};

describe('what is derived from rows', () => {
  it('available is posted and overdraft less held', () => {
    const sums = { unit: 'CREDIT', posted: 10n, held: 4n, incoming: 3n, overdraftLimit: 5n };
    expect(toBalance(sums)).toEqual({
      posted: money(10n),
      held: money(4n),
      incoming: money(3n),
      available: money(11n),
      overdraftLimit: money(5n),
    });
  });

  it('a hold reserves nothing once it has ended', () => {
    const hold = { status: 'OPEN', amount: money(10n), captured: money(4n) } as Hold;
    expect(remainingOf(hold)).toEqual(money(6n));
    for (const status of ['CAPTURED', 'RELEASED', 'EXPIRED'] as const)
      expect(remainingOf({ ...hold, status })).toEqual(money(0n));
  });

  it('an entry has the sign and the balance of its side', () => {
    expect(entryOf(transfer, 'acc_a')).toMatchObject({ amount: money(-1_500_000n), balanceAfter: money(-1_500_000n) });
    expect(entryOf(transfer, 'acc_b')).toMatchObject({ amount: money(1_500_000n), balanceAfter: money(1_500_000n) });
  });

  it('a receipt’s claims come from its row alone', () => {
    expect(claimsOf({ id: 'rcp_1', number: '000003', transfer })).toEqual({
      receipt: 'rcp_1',
      number: '000003',
      transfer: 'trf_1',
      debit: 'acc_a',
      credit: 'acc_b',
      amount: '1.5',
      unit: 'CREDIT',
      sequence: '7',
      entryHash: 'hash',
      recordedAt: '2026-01-31T12:00:00.000Z',
    });
  });

  it('numbers sort as texts', () => {
    expect([1n, 42n, 1_234_567n].map(formatNumber)).toEqual(['000001', '000042', '1234567']);
  });

  it('lines add up to no more than the hold, in its unit', () => {
    const line = (micros: bigint, unit?: string) => ({
      description: 'x',
      quantity: '1',
      unitPrice: money(1n, unit),
      amount: money(micros, unit),
    });
    expect(judgeLines([line(4n), line(6n)], money(10n))).toBeNull();
    expect(judgeLines([line(4n)], money(10n))).toBeNull();
    expect(judgeLines([line(11n)], money(10n))).toMatchObject({ code: 'INVALID_INPUT', path: ['lines'] });
    expect(judgeLines([line(10n, 'HOURS')], money(10n))).toMatchObject({ code: 'INVALID_INPUT', path: ['lines'] });
  });
});
