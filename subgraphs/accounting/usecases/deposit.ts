import { isOperator, requirePerson, requireScope, type Viewer } from '../../../platform/auth/viewer.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import { limits } from '../../../platform/kernel/limits.js';
import type { MoneyInput } from '../../../platform/kernel/money.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import type { Account } from '../domain/account.js';
import { parseAmount } from '../domain/amount.js';
import type { LedgerLimits } from '../domain/limits.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { Accounts, Ledger, OutcomeIds, TransferPosting } from './ports.js';

/** Input of `deposit`. */
interface DepositInput extends KeyedInput {
  readonly accountId: string;
  readonly amount: MoneyInput;
  readonly description: string;
}

interface Deps {
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly newId: NewId;
  readonly limits: LedgerLimits;
  /** The ISSUANCE account of a unit, or null for a unit that does not exist. */
  readonly issuanceOf: (unit: string) => Promise<string | null>;
}

/**
 * Brings new money in: debits the ISSUANCE account of the account's unit.
 * Refusals: AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_UNKNOWN UNIT_MISMATCH INVALID_INPUT
 * ACCOUNT_CLOSED ACCOUNT_TAKES_NO_TRANSFERS IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 */
export const makeDeposit =
  (deps: Deps) =>
  async (caller: Caller, input: DepositInput): Promise<Result<OutcomeIds, Refusal>> => {
    requireDepositor(caller.viewer);
    const call = callOf(caller, 'deposit', input);
    if (!call.ok) return call;
    const account = (await deps.accounts.byIds([input.accountId])).get(input.accountId);
    if (account === undefined) throw notFound('account');
    const posted = await deps.ledger.post(call.value, await judgeDeposit(input, account, deps));
    return posted.ok ? ok({ ...posted.value, accountId: account.id }) : posted;
  };

/** Operators in person, and service accounts with the scope; a person's scope alone does not make money. */
function requireDepositor(viewer: Viewer): void {
  if (isOperator(viewer)) return;
  if (viewer.kind !== 'serviceAccount') {
    requirePerson(viewer);
    throw forbidden('Only an operator may do this.');
  }
  requireScope(viewer, 'accounting:deposit');
}

async function judgeDeposit(
  input: DepositInput,
  account: Account,
  deps: Deps,
): Promise<Result<TransferPosting, Refusal>> {
  const amount = parseAmount(input.amount, ['amount'], deps.limits);
  if (!amount.ok) return amount;
  const description = parseLine(input.description, ['description'], limits.descriptionCharactersMax);
  if (!description.ok) return description;
  const issuanceId = await deps.issuanceOf(account.unit);
  if (issuanceId === null) throw new Error(`unit ${account.unit} has no ISSUANCE account`);
  return ok({
    op: 'TRANSFER',
    kind: 'DEPOSIT',
    id: deps.newId('transfer'),
    debitId: issuanceId,
    creditId: account.id,
    amount: amount.value,
    description: description.value,
  });
}
