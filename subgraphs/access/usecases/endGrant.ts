import { requireScope } from '../../../platform/auth/viewer.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { decidesFor } from '../../../platform/kernel/principal.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, type Result } from '../../../platform/kernel/result.js';
import type { Grant } from '../domain/grant.js';
import { concludeGrant, judgeEndable } from './concludeGrant.js';
import type { Dependencies } from './dependencies.js';
import type { Caller } from './ports.js';
import { requestingPerson } from './requestingPerson.js';
import { maySeeHeldBy } from './visibility.js';

/** A grant to end. */
export interface EndGrantInput {
  readonly idempotencyKey: string;
  readonly grantId: string;
  /** Whether running jobs may finish first. */
  readonly wait?: boolean | null | undefined;
  /** Whether a drive's content is deleted for good at once. */
  readonly purge?: boolean | null | undefined;
}

/**
 * Ends a grant for its holder, or an ADMIN of the group that holds it (concludeGrant).
 * Refusals: INVALID_INPUT (purge of what is no drive), IDEMPOTENCY_KEY_REUSED, GRANT_NOT_ACTIVE.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN for an operator and a group's MEMBERs, to purge also for programs and without storage:write, NOT_FOUND for others than the holder
 */
export async function endGrant(
  deps: Dependencies,
  caller: Caller,
  { idempotencyKey: key, ...wish }: EndGrantInput,
): Promise<Result<Grant, Refusal>> {
  const person = requestingPerson(caller.viewer);
  const input = { ...wish, wait: wish.wait ?? false, purge: wish.purge ?? false };
  // What is purged does not come back: neither a program nor a token for less decides that.
  if (input.purge) {
    if (person.actor !== null) throw forbidden('A drive is purged in person.');
    requireScope(person, 'storage:write');
  }
  return concludeGrant(deps, caller, {
    operation: 'endGrant',
    person,
    input,
    key,
    waitForJobs: input.wait,
    hastens: false,
    reason: null,
    purge: input.purge,
    async decide({ grants, offers }) {
      const [grant] = isId('grant', input.grantId) ? await grants.byIds([input.grantId]) : [];
      if (grant === undefined || !maySeeHeldBy(person, grant.holderId)) throw notFound('grant');
      if (!decidesFor(person, grant.holderId)) {
        throw forbidden('Only its holder, or the ADMINs of the group that holds it, may end a grant.');
      }
      const [offer] = input.purge ? await offers.byIds([grant.offerId]) : [];
      if (offer?.kind === 'COMPUTE') return err(invalidInput(['purge'], 'Only a drive has content to purge.'));
      return judgeEndable(grant);
    },
  });
}
