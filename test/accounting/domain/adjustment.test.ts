import { describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { parseAdjustment } from '../../../subgraphs/accounting/domain/adjustment.js';
import { ledgerLimitsDefault } from '../../../subgraphs/accounting/domain/limits.js';

const [debitAccountId, creditAccountId] = [newId('account'), newId('account')];
const amount = { amount: '10', unit: 'CREDIT' };
const parsed = (more: object = {}) =>
  parseAdjustment({ debitAccountId, creditAccountId, amount, reason: ' Twice ', ...more }, ledgerLimitsDefault);

describe('parseAdjustment', () => {
  it('takes a transfer for seven days where nothing else is said, and a waiver of one account', () => {
    expect(parsed()).toEqual({
      ok: true,
      value: {
        kind: 'TRANSFER',
        debitId: debitAccountId,
        creditId: creditAccountId,
        amount: { micros: 10_000_000n, unit: 'CREDIT' },
        reason: 'Twice',
        expiresInSeconds: 604_800,
      },
    });
    expect(parsed({ kind: 'WAIVER', creditAccountId: null, expiresInSeconds: 60 })).toMatchObject({
      value: { kind: 'WAIVER', creditId: null, expiresInSeconds: 60 },
    });
  });

  it.each([
    [{ creditAccountId: null }, 'creditAccountId'],
    [{ kind: 'WAIVER' }, 'creditAccountId'],
    [{ reason: '' }, 'reason'],
    [{ expiresInSeconds: 59 }, 'expiresInSeconds'],
    [{ expiresInSeconds: 2_592_001 }, 'expiresInSeconds'],
  ])('refuses %j', (more, path) => {
    expect(parsed(more)).toMatchObject({ refusal: { code: 'INVALID_INPUT', path: [path] } });
  });

  it('refuses what is no amount', () => {
    expect(parsed({ amount: { amount: '-1', unit: 'CREDIT' } })).toMatchObject({
      refusal: { code: 'AMOUNT_NOT_POSITIVE' },
    });
  });
});
