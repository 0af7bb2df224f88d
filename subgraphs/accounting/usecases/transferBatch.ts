import type { Person } from '../../../platform/auth/viewer.js';
import { Fault, notFound } from '../../../platform/kernel/faults.js';
import { isId, type NewId } from '../../../platform/kernel/ids.js';
import { limits } from '../../../platform/kernel/limits.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Account } from '../domain/account.js';
import type { LedgerLimits } from '../domain/limits.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import { judgeTransfer, requireBackdater, type TransferTerms } from './judgeTransfer.js';
import type { Accounts, BatchItem, Ledger, TransferBatch } from './ports.js';
import { requireOwner, requireSpender } from './rights.js';

/** Input of `transferBatch`. */
interface TransferBatchInput extends KeyedInput {
  readonly transfers: readonly TransferTerms[];
  readonly mode: 'LINKED' | 'INDEPENDENT';
}

interface Deps {
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly newId: NewId;
  readonly limits: LedgerLimits;
}

/**
 * Sends many transfers under one key and in one transaction, each judged after those before it. INDEPENDENT: what is
 * refused spoils nothing else. LINKED: all or none; the first that is refused says why, the others LINKED_FAILED.
 * A repetition gets the same results, item by item.
 * Refusals of the whole: INVALID_INPUT (no items) BATCH_TOO_LARGE IDEMPOTENCY_KEY_REUSED; of an item: those of transfer,
 * LINKED_FAILED. Faults of an item: NOT_FOUND, FORBIDDEN as for transfer; of the whole: UNAUTHENTICATED, FORBIDDEN.
 */
export const makeTransferBatch =
  (deps: Deps) =>
  async (caller: Caller, input: TransferBatchInput): Promise<Result<readonly BatchItem[], Refusal>> => {
    const person = requireSpender(caller.viewer, [null]);
    requireBackdater(person, input.transfers);
    const call = callOf(caller, 'transferBatch', input);
    if (!call.ok) return call;
    return deps.ledger.postBatch(call.value, await judgeBatch(input, person, deps));
  };

async function judgeBatch(
  { transfers, mode }: TransferBatchInput,
  person: Person,
  deps: Deps,
): Promise<Result<TransferBatch, Refusal>> {
  if (transfers.length === 0) return err(invalidInput(['transfers'], 'transfers must have at least one item.'));
  if (transfers.length > limits.batchItemsMax) {
    return err(invalidInput(['transfers'], `A batch has at most ${limits.batchItemsMax} items.`, 'BATCH_TOO_LARGE'));
  }
  const debits = await deps.accounts.byIds([...new Set(transfers.map(({ debitAccountId }) => debitAccountId))]);
  const items = transfers.map(
    (terms, position) =>
      itemFault(terms, debits, person) ?? judgeTransfer(terms, ['transfers', position.toString()], deps),
  );
  return ok({ linked: mode === 'LINKED', items });
}

/** What right the item lacks, if any: it is that item's alone. */
function itemFault(terms: TransferTerms, debits: ReadonlyMap<string, Account>, person: Person): Fault | null {
  try {
    requireOwner(person, debits.get(terms.debitAccountId));
    return isId('account', terms.creditAccountId) ? null : notFound('account');
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}
