import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { Grant } from '../domain/grant.js';
import { accessLimits } from '../domain/limits.js';
import { concludeGrant, judgeEndable } from './concludeGrant.js';
import type { Dependencies } from './dependencies.js';
import { requireWords } from './parseWords.js';
import type { Caller } from './ports.js';
import { requestingPerson } from './requestingPerson.js';
import { maySeeGrant } from './visibility.js';

/** A grant to revoke. */
export interface RevokeGrantInput {
  readonly grantId: string;
  readonly reason: string;
}

/**
 * Ends somebody else's grant (concludeGrant): for the ADMINs of the provider that gave it, and operators. Running jobs are
 * cancelled, what was not used is returned; also of one that is ENDING and was to wait for them. Else to revoke one that is
 * ENDING changes nothing.
 * Refusals: INVALID_INPUT without a reason, GRANT_NOT_ACTIVE.
 * @throws Fault UNAUTHENTICATED, NOT_FOUND, FORBIDDEN for the holder, and services that act for a person
 */
export async function revokeGrant(
  deps: Dependencies,
  caller: Caller,
  input: RevokeGrantInput,
): Promise<Result<Grant, Refusal>> {
  const person = requestingPerson(caller.viewer);
  if (person.actor !== null) throw forbidden('Only a person revokes a grant, no service does for one.');
  const reason = requireWords(input.reason, ['reason'], accessLimits.reasonCharactersMax);
  return concludeGrant(deps, caller, {
    operation: 'revokeGrant',
    person,
    input,
    key: null,
    waitForJobs: false,
    hastens: true,
    reason: reason.ok ? reason.value : null,
    purge: false,
    async decide({ grants, offers }) {
      const [grant] = isId('grant', input.grantId) ? await grants.byIds([input.grantId]) : [];
      const [offer] = grant === undefined ? [] : await offers.byIds([grant.offerId]);
      if (grant === undefined || offer === undefined || !maySeeGrant(person, grant, offer)) throw notFound('grant');
      if (!person.operator && person.roles.get(offer.providerId) !== 'ADMIN') {
        throw forbidden("Only the provider's ADMINs and operators revoke a grant; its holder ends it.");
      }
      return reason.ok ? judgeEndable(grant) : reason;
    },
  });
}
