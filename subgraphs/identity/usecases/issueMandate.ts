import { idempotencyScope, requireScope } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { MoneyInput } from '../../../platform/kernel/money.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { type Mandate, parseMandateTerms } from '../domain/mandate.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { requireInPerson } from './inPerson.js';
import type { Ports } from './ports.js';

/** Input of `issueMandate`. */
interface IssueMandateInput {
  readonly idempotencyKey: string;
  readonly accountId: string;
  /** The account that the money is for. */
  readonly payee: string;
  readonly resource: string;
  readonly maximum: MoneyInput;
  readonly expiresAt: Date;
  readonly once?: boolean | null | undefined;
}

/**
 * Gives a mandate in the caller's name. Whether the caller may spend from the account is known to accounting alone, and
 * it is looked at each time the mandate is used: what nobody may spend it does not give.
 * Refusals: ACCOUNTS_MUST_DIFFER, INVALID_INPUT, AMOUNT_NOT_POSITIVE, AMOUNT_TOO_PRECISE, AMOUNT_TOO_LARGE, UNIT_UNKNOWN,
 * IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, FORBIDDEN (programs, services acting for a person, tokens without
 * accounting:spend), NOT_FOUND (what is no account's id).
 */
export const issueMandate =
  (ports: Ports) =>
  async (input: IssueMandateInput, call: Call): Promise<Result<Mandate & { readonly token: string }, Refusal>> => {
    const person = requireInPerson(call.viewer);
    requireScope(person, 'accounting:spend');
    if (!isId('account', input.accountId) || !isId('account', input.payee)) throw notFound('account');
    const withDefaults = { ...input, once: input.once ?? false };
    const now = ports.clock.now();
    await faultpoint('identity.issueMandate.beforeCommit');
    const issued = await ports.database.transaction((stores) =>
      stores.once<Mandate>(
        {
          scope: idempotencyScope(person),
          key: input.idempotencyKey,
          operation: 'issueMandate',
          input: withDefaults,
        },
        async () => {
          const mandate = judgeMandate(withDefaults, now);
          if (!mandate.ok) return mandate;
          const made = { ...mandate.value, id: ports.newId('mandate'), issuerId: person.userId };
          await stores.mandates.insert(made, now);
          await stores.audit.write(auditEntry(call, { action: 'issueMandate', target: made.id, outcome: 'OK' }));
          return ok(made);
        },
        {
          save: ({ id }) => id,
          async load(id) {
            const found = await stores.mandates.find(String(id));
            if (found === null) throw notFound('mandate');
            return found;
          },
        },
      ),
    );
    await faultpoint('identity.issueMandate.afterCommit');
    if (!issued.ok) return issued;
    // Signed after the commit, and again in a repetition: the token is no secret, since only its payee can use it.
    return ok({ ...issued.value, token: await ports.mandateTokens.sign(issued.value) });
  };

function judgeMandate(
  input: IssueMandateInput & { readonly once: boolean },
  now: Date,
): Result<Omit<Mandate, 'id' | 'issuerId'>, Refusal> {
  const { accountId, payee: payeeId, once } = input;
  if (accountId === payeeId) {
    return err(refused('ACCOUNTS_MUST_DIFFER', 'The account pays another account, not itself.'));
  }
  const terms = parseMandateTerms(input, now);
  return terms.ok ? ok({ ...terms.value, accountId, payeeId, once, revokedAt: null }) : terms;
}
