import { isOperator, type Person } from '../../../platform/auth/viewer.js';
import { forbidden } from '../../../platform/kernel/faults.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import { limits } from '../../../platform/kernel/limits.js';
import type { MoneyInput } from '../../../platform/kernel/money.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { parseAmount } from '../domain/amount.js';
import type { LedgerLimits } from '../domain/limits.js';
import type { TransferPosting } from './ports.js';

/** What a transfer is made of, alone or in a batch. */
export interface TransferTerms {
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly amount: MoneyInput;
  readonly description: string;
  readonly effectiveAt?: Date | null;
}

/**
 * Judges a transfer from its input alone. Refusals: AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_UNKNOWN
 * INVALID_INPUT.
 * @param path leads to the terms in the input
 */
export function judgeTransfer(
  terms: TransferTerms,
  path: readonly string[],
  deps: { readonly newId: NewId; readonly limits: LedgerLimits },
): Result<TransferPosting, Refusal> {
  const amount = parseAmount(terms.amount, [...path, 'amount'], deps.limits);
  if (!amount.ok) return amount;
  const description = parseLine(terms.description, [...path, 'description'], limits.descriptionCharactersMax);
  if (!description.ok) return description;
  return ok({
    op: 'TRANSFER',
    kind: 'TRANSFER',
    id: deps.newId('transfer'),
    debitId: terms.debitAccountId,
    creditId: terms.creditAccountId,
    amount: amount.value,
    description: description.value,
    ...(terms.effectiveAt == null ? {} : { effectiveAt: terms.effectiveAt }),
  });
}

/** Sees to it that only operators date back, from accounts of their own as anybody. @throws Fault FORBIDDEN */
export function requireBackdater(person: Person, terms: readonly TransferTerms[]): void {
  if (isOperator(person)) return;
  if (terms.some(({ effectiveAt }) => effectiveAt != null))
    throw forbidden('effectiveAt is for operators and services.');
}
