import { describe, expect, it } from 'vitest';
import { readAccountingConfig } from '../../subgraphs/accounting/config.js';
import { ledgerLimitsDefault } from '../../subgraphs/accounting/domain/limits.js';

describe('readAccountingConfig', () => {
  it('has defaults for everything', () => {
    expect(readAccountingConfig({})).toEqual({
      limits: ledgerLimitsDefault,
      publicUrl: null,
      receiptKeysFile: null,
      logLevel: 'warn',
    });
  });

  it('takes what is set', () => {
    const set = {
      ACCOUNTING_AMOUNT_MAX: '500',
      ACCOUNTING_HOLD_SECONDS_MAX: '60',
      ACCOUNTING_PUBLIC_URL: 'https://accounting.example.org/',
      ACCOUNTING_RECEIPT_KEYS_FILE: '/srv/keys/receipts.jwks',
      TOLLGATE_LOG_LEVEL: 'silent',
    };
    expect(readAccountingConfig(set)).toEqual({
      limits: { amountMicrosMax: 500_000_000n, holdSecondsMax: 60 },
      publicUrl: 'https://accounting.example.org',
      receiptKeysFile: '/srv/keys/receipts.jwks',
      logLevel: 'silent',
    });
  });

  it.each([
    ['ACCOUNTING_AMOUNT_MAX', '1000000000001'],
    ['ACCOUNTING_AMOUNT_MAX', '0'],
    ['ACCOUNTING_AMOUNT_MAX', '1e3'],
    ['ACCOUNTING_HOLD_SECONDS_MAX', '0'],
    ['ACCOUNTING_HOLD_SECONDS_MAX', 'x'],
    ['ACCOUNTING_PUBLIC_URL', 'ftp://accounting.example.org'],
    ['ACCOUNTING_RECEIPT_KEYS_FILE', 'receipts.jwks'],
    ['ACCOUNTING_PUBLIC_URL', 'http://accounting.example.org'],
    ['TOLLGATE_LOG_LEVEL', 'loud'],
  ])('names %s when it is %s', (name, value) => {
    expect(() => readAccountingConfig({ [name]: value })).toThrow(new RegExp(`^${name} must be .*start again\\.$`));
  });
});
