import { number, type SettingSection, text } from '../setting.js';
import { commonSettings } from './services.js';

/** The ledger. */
export const accounting: SettingSection = {
  name: 'accounting',
  about: 'Accounts, holds, usage, budgets.',
  settings: [
    ...commonSettings('accounting'),
    {
      key: 'accounting.publicUrl',
      variable: 'ACCOUNTING_PUBLIC_URL',
      form: text,
      about: 'The address that streams of usage are sent to and files of statements come from.',
      otherwise: 'the one it listens on',
      example: 'https://accounting.example.org',
    },
    {
      key: 'accounting.receiptKeysFile',
      variable: 'ACCOUNTING_RECEIPT_KEYS_FILE',
      form: text,
      about: 'The file with the keys that sign receipts; every replica needs the same.',
      otherwise: 'keys/accounting/receipts.jwks below the data folder',
      example: '/srv/tollgate/keys/receipts.jwks',
    },
    {
      key: 'accounting.amountMax',
      variable: 'ACCOUNTING_AMOUNT_MAX',
      form: number,
      about: 'The largest amount of one transaction, in whole units: 1 to 1000000000000.',
      otherwise: '1000000000000',
    },
    {
      key: 'accounting.holdSecondsMax',
      variable: 'ACCOUNTING_HOLD_SECONDS_MAX',
      form: number,
      about: 'The longest time that a hold may reserve money, in seconds: 1 to 31536000.',
      otherwise: '2592000',
    },
  ],
};
