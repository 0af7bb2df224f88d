import { z } from 'zod';
import { httpAddress } from '../../platform/kernel/httpAddress.js';
import { MICROS_PER_UNIT } from '../../platform/kernel/money.js';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import type { Variables } from '../../platform/server/settings.js';
import { type LedgerLimits, ledgerLimitsDefault } from './domain/limits.js';

/** What accounting alone can be told; everything else is in ServiceSettings. */
export interface AccountingConfig {
  readonly limits: LedgerLimits;
  /** The address that streams of usage are sent to; null: the one it listens on. */
  readonly publicUrl: string | null;
  /** The file with the keys of receipts, which replicas share; null: the home's own. */
  readonly receiptKeysFile: string | null;
  /** How much is logged: pino's names, or silent. */
  readonly logLevel: string;
}

const HOLD_SECONDS_HIGHEST = 31_536_000;

const schema = z.object({
  ACCOUNTING_AMOUNT_MAX: z
    .string()
    .regex(/^[1-9][0-9]{0,11}$|^1000000000000$/)
    .optional(),
  ACCOUNTING_HOLD_SECONDS_MAX: z.coerce.number().int().min(1).max(HOLD_SECONDS_HIGHEST).optional(),
  ACCOUNTING_RECEIPT_KEYS_FILE: z.string().startsWith('/').optional(),
  ACCOUNTING_PUBLIC_URL: httpAddress.optional(),
  TOLLGATE_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('warn'),
});

const REMEDIES: Readonly<Record<string, string>> = {
  ACCOUNTING_AMOUNT_MAX: 'a whole number of units, 1 to 1000000000000',
  ACCOUNTING_HOLD_SECONDS_MAX: `a number of seconds, 1 to ${HOLD_SECONDS_HIGHEST}`,
  ACCOUNTING_RECEIPT_KEYS_FILE: 'an absolute path',
  ACCOUNTING_PUBLIC_URL:
    'an https address without user and password, for example https://accounting.example.org (http on loopback alone)',
  TOLLGATE_LOG_LEVEL: 'silent, error, warn, info or debug',
};

/**
 * Reads accounting's variables of the environment: ACCOUNTING_AMOUNT_MAX, ACCOUNTING_HOLD_SECONDS_MAX,
 * ACCOUNTING_PUBLIC_URL, ACCOUNTING_RECEIPT_KEYS_FILE and TOLLGATE_LOG_LEVEL.
 * @throws ServiceStartError naming the variable and what it may be
 */
export function readAccountingConfig(environment: Variables): AccountingConfig {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]?.path[0]);
    throw new ServiceStartError(`${name} must be ${REMEDIES[name]}; correct it and start again.`);
  }
  const { ACCOUNTING_AMOUNT_MAX: amount, ACCOUNTING_HOLD_SECONDS_MAX: seconds, TOLLGATE_LOG_LEVEL } = parsed.data;
  return Object.freeze({
    limits: Object.freeze({
      amountMicrosMax: amount === undefined ? ledgerLimitsDefault.amountMicrosMax : BigInt(amount) * MICROS_PER_UNIT,
      holdSecondsMax: seconds ?? ledgerLimitsDefault.holdSecondsMax,
    }),
    publicUrl: parsed.data.ACCOUNTING_PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    receiptKeysFile: parsed.data.ACCOUNTING_RECEIPT_KEYS_FILE ?? null,
    logLevel: TOLLGATE_LOG_LEVEL,
  });
}
