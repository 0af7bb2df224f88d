import { type Fault, forbidden, notFound } from '../../../platform/kernel/faults.js';
import { formatMicros } from '../../../platform/kernel/money.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { type RefusalCode, refusalRegistry } from '../../../platform/kernel/refusals/registry.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { BatchItem, OutcomeIds } from '../usecases/ports.js';

/** What the ledger's functions answer, as JSON. */
export type Verdict<Value = OutcomeIds> =
  | { readonly value: Value }
  | { readonly refusal: StoredRefusal }
  | { readonly fault: string };

/** What is answered to a batch: its items' verdicts, or what became of it as a whole. */
export type BatchVerdict = Verdict<{ readonly results: readonly Verdict[] }>;

/** A refusal as it is remembered: whole where it was judged from the input, else its code and data. */
type StoredRefusal = Refusal | ({ readonly code: 'INSUFFICIENT_FUNDS' } & ShortfallData) | { readonly code: string };

interface ShortfallData {
  readonly accountId: string;
  readonly unit: string;
  readonly available: string;
  readonly shortfall: string;
}

/** Reads a verdict. @throws Fault NOT_FOUND or FORBIDDEN where the ledger itself found that the call has no right */
export function toResult<Value = OutcomeIds>(verdict: Verdict<Value>): Result<Value, Refusal> {
  if ('value' in verdict) return ok(verdict.value);
  if ('fault' in verdict) throw toFault(verdict.fault);
  return err(toRefusal(verdict.refusal));
}

/** Reads what came of a batch. */
export function toItems(verdict: BatchVerdict): Result<readonly BatchItem[], Refusal> {
  if ('value' in verdict) return ok(verdict.value.results.map(toItem));
  if ('fault' in verdict) throw toFault(verdict.fault);
  return err(toRefusal(verdict.refusal));
}

/** As toResult, with a fault as a value: it is one item's alone. */
const toItem = (verdict: Verdict): BatchItem => ('fault' in verdict ? toFault(verdict.fault) : toResult(verdict));

const toFault = (code: string): Fault =>
  code === 'FORBIDDEN' ? forbidden('The ledger does not allow this from that account.') : notFound('account or hold');

function toRefusal(stored: StoredRefusal): Refusal {
  if ('type' in stored) return stored;
  if ('shortfall' in stored) return toInsufficientFunds(stored);
  if (!(stored.code in refusalRegistry)) throw new Error(`the ledger refused with unknown code ${stored.code}`);
  // Looked up in the line above.
  const code = stored.code as RefusalCode;
  return refused(code, refusalRegistry[code]);
}

function toInsufficientFunds({ accountId, unit, available, shortfall }: ShortfallData): Refusal {
  const missing = BigInt(shortfall);
  return {
    type: 'InsufficientFunds',
    code: 'INSUFFICIENT_FUNDS',
    message: `${formatMicros(missing)} ${unit} are missing. Deposit them, or ask for less.`,
    shortfall: { micros: missing, unit },
    available: { micros: BigInt(available), unit },
    accountId,
  };
}
