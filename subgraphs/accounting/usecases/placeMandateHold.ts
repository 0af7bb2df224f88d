import type { Mandates } from '../../../platform/auth/mandates.js';
import type { MandateClaims } from '../../../platform/auth/mandateToken.js';
import type { Person } from '../../../platform/auth/viewer.js';
import { forbidden } from '../../../platform/kernel/faults.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { type RefusalCode, refusalRegistry } from '../../../platform/kernel/refusals/registry.js';
import { type Err, err, ok, type Result } from '../../../platform/kernel/result.js';
import { type HoldTermsInput, parseHoldTerms } from '../domain/holdTerms.js';
import type { LedgerLimits } from '../domain/limits.js';
import type { Accounts, Call, Ledger, MandateHold, OutcomeIds } from './ports.js';
import { mayMandate, requireOwner } from './rights.js';

/** The part of placeHold's input that matters where a mandate is given. */
interface MandateHoldInput extends HoldTermsInput {
  readonly debitAccountId?: string | null;
  readonly mandate: string;
  readonly creditAccountId: string;
}

interface Deps {
  readonly accounts: Accounts;
  readonly ledger: Ledger;
  readonly mandates: Mandates;
  readonly newId: NewId;
  readonly limits: LedgerLimits;
}

/**
 * Reserves money for an account that the person decides about, on the account that a mandate names. Whether the mandate
 * is expired or used up is judged with the posting, in one transaction.
 * Refusals: those of the terms, INVALID_INPUT (no mandate of ours, or an account besides it), MANDATE_WRONG_PAYEE,
 * MANDATE_WRONG_RESOURCE, UNIT_MISMATCH, MANDATE_REVOKED (also where who gave it may not spend from the account),
 * MANDATE_EXPIRED, MANDATE_EXHAUSTED, and the ledger's; INSUFFICIENT_FUNDS without the payer's figures.
 * Faults: NOT_FOUND for another's credit account, FORBIDDEN for services and for who may only see it.
 */
export async function placeMandateHold(
  person: Person,
  call: Call,
  input: MandateHoldInput,
  deps: Deps,
): Promise<Result<OutcomeIds, Refusal>> {
  if (person.actor !== null) throw forbidden('A mandate is used by the payee in person.');
  requireOwner(person, (await deps.accounts.byIds([input.creditAccountId])).get(input.creditAccountId));
  return deps.ledger.placeMandateHold(call, await judgeMandateHold(input, deps));
}

async function judgeMandateHold(input: MandateHoldInput, deps: Deps): Promise<Result<MandateHold, Refusal>> {
  if (input.debitAccountId != null) {
    return err(invalidInput(['debitAccountId'], 'Give exactly one of debitAccountId and mandate.'));
  }
  const terms = parseHoldTerms(input, deps.limits);
  if (!terms.ok) return terms;
  const { amount, resource, expiresInSeconds, reason } = terms.value;
  const mandate = await deps.mandates.read(input.mandate);
  if (mandate === null) return err(invalidInput(['mandate'], 'This is no mandate that was given here.'));
  if (mandate.payeeId !== input.creditAccountId) return refuse('MANDATE_WRONG_PAYEE');
  if (mandate.resource !== resource) return refuse('MANDATE_WRONG_RESOURCE');
  if (mandate.maximum.unit !== amount.unit) return refuse('UNIT_MISMATCH');
  if (!(await counts(mandate, deps))) return refuse('MANDATE_REVOKED');
  return ok({ mandate, holdId: deps.newId('hold'), amount, expiresInSeconds, reason });
}

/** Whether a mandate was not withdrawn and who gave it may spend from the account now. */
async function counts(mandate: MandateClaims, { accounts, mandates }: Deps): Promise<boolean> {
  if (mandates.isRevoked(mandate.id)) return false;
  const issuer = mandates.issuerOf(mandate);
  const account = (await accounts.byIds([mandate.accountId])).get(mandate.accountId);
  return issuer !== null && account !== undefined && mayMandate(issuer, account);
}

const refuse = (code: RefusalCode): Err<Refusal> => err(refused(code, refusalRegistry[code]));
