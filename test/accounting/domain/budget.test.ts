import { describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import {
  type Budget,
  parseBudgetName,
  parseBudgetTerms,
  remainingOf,
  scopeOf,
} from '../../../subgraphs/accounting/domain/budget.js';
import { ledgerLimitsDefault } from '../../../subgraphs/accounting/domain/limits.js';

const limit = { amount: '10', unit: 'CREDIT' };
const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));
const nameOf = (input: object) => parseBudgetName({ period: 'DAY', ...input });
const termsOf = (input: object, scope: 'ACCOUNT' | 'GROUP' | 'MEMBER' = 'ACCOUNT') =>
  parseBudgetTerms(
    { period: 'DAY', limit, ...input },
    { scope, memberId: null, period: 'DAY', startsAt: null, endsAt: null },
    ledgerLimitsDefault,
  );
const refusedAt = (path: string[]) => ({ refusal: { code: 'INVALID_INPUT', path } });

describe('parseBudgetName', () => {
  it('takes a day of an account where nothing is said, a member, and a window', () => {
    expect(nameOf({})).toEqual({
      ok: true,
      value: { scope: 'ACCOUNT', memberId: null, period: 'DAY', startsAt: null, endsAt: null },
    });
    const memberId = newId('user');
    expect(nameOf({ scope: 'MEMBER', memberId })).toMatchObject({ ok: true, value: { memberId } });
    expect(nameOf({ period: 'WINDOW', startsAt: at(1), endsAt: at(2) })).toMatchObject({
      ok: true,
      value: { startsAt: at(1), endsAt: at(2) },
    });
  });

  it.each([
    [{ scope: 'MEMBER' }, 'memberId'],
    [{ scope: 'MEMBER', memberId: 'usr_x' }, 'memberId'],
    [{ scope: 'GROUP', memberId: newId('user') }, 'memberId'],
    [{ endsAt: at(1) }, 'startsAt'],
    [{ period: 'WINDOW', startsAt: at(1) }, 'endsAt'],
    [{ period: 'WINDOW', endsAt: at(1) }, 'endsAt'],
    [{ period: 'WINDOW', startsAt: at(1), endsAt: at(1) }, 'endsAt'],
  ])('refuses %j', (input, path) => {
    expect(nameOf(input)).toMatchObject(refusedAt([path]));
  });
});

describe('parseBudgetTerms', () => {
  it('is hard, reports 50, 80 and 100, and has a name that says what it is', () => {
    expect(termsOf({})).toEqual({
      ok: true,
      value: {
        name: 'daily budget of the account',
        limit: { micros: 10_000_000n, unit: 'CREDIT' },
        isHard: true,
        thresholds: [50, 80, 100],
      },
    });
    expect(termsOf({ enforcement: 'SOFT', thresholds: [90, 10], name: ' Travel ' })).toMatchObject({
      value: { name: 'Travel', isHard: false, thresholds: [10, 90] },
    });
    expect(termsOf({ thresholds: [] }, 'MEMBER')).toMatchObject({
      value: { name: 'daily budget of the member', thresholds: [] },
    });
  });

  it('without a limit is to be removed', () => {
    expect(termsOf({ limit: null })).toEqual({ ok: true, value: null });
  });

  it.each([
    [{ thresholds: [0] }, ['thresholds']],
    [{ thresholds: [1_001] }, ['thresholds']],
    [{ thresholds: [5, 5] }, ['thresholds']],
    [{ thresholds: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] }, ['thresholds']],
    [{ name: 'a\nb' }, ['name']],
  ])('refuses %j', (input, path) => {
    expect(termsOf(input)).toMatchObject(refusedAt(path));
  });

  it('refuses a limit that is no amount', () => {
    expect(termsOf({ limit: { amount: '0', unit: 'CREDIT' } })).toMatchObject({
      refusal: { code: 'AMOUNT_NOT_POSITIVE', path: ['limit', 'amount'] },
    });
  });
});

describe('a budget', () => {
  const money = (micros: bigint) => ({ micros, unit: 'CREDIT' });
  const budget: Budget = {
    id: newId('budget'),
    name: 'Test',
    accountId: newId('account'),
    groupId: null,
    memberId: null,
    period: 'DAY',
    startsAt: at(0),
    endsAt: at(24),
    limit: money(10n),
    isHard: true,
    thresholds: [],
    spent: money(9n),
    held: money(3n),
  };

  it('has less than nothing left where use went beyond', () => {
    expect(remainingOf(budget)).toEqual(money(-2n));
  });

  it('counts what its names say', () => {
    expect(scopeOf(budget)).toBe('ACCOUNT');
    expect(scopeOf({ ...budget, memberId: newId('user') })).toBe('MEMBER');
    expect(scopeOf({ ...budget, accountId: null, groupId: newId('group') })).toBe('GROUP');
  });
});
