import { writeAudit } from '../../../platform/audit/audit.js';
import { actorName, idempotencyScope, type Person } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { type CallKey, once } from '../../../platform/idempotency/once.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { RequestAccessInput } from './accessWish.js';
import { type BegunRequest, beginRequest } from './beginRequest.js';
import type { Dependencies } from './dependencies.js';
import type { Caller } from './ports.js';

/** What a call that asks for access stands on. */
interface Submission {
  readonly requestId: string;
  /** The chain that this very call began; null where the key was known. */
  readonly begun: BegunRequest | null;
}

/** Whose key a call's is, and for what. */
export const requestKey = (person: Person, input: RequestAccessInput): CallKey => ({
  scope: idempotencyScope(person),
  key: input.idempotencyKey,
  operation: 'requestAccess',
  input,
});

/**
 * The first commit, before any remote effect: the key, the request that nobody sees yet, its chain with a task that
 * takes it up should this process die, and the audit entry. Refusals: those of requestAccess but the funds.
 */
export async function submitRequest(
  deps: Pick<Dependencies, 'database' | 'clock' | 'newId' | 'chains' | 'quoteSeal'>,
  caller: Caller,
  person: Person,
  input: RequestAccessInput,
): Promise<Result<Submission, Refusal>> {
  let begun: BegunRequest | null = null;
  const submitted = await deps.database.transactionally(async (store) => {
    begun = null;
    const result = await once<string>(
      store.sql,
      requestKey(person, input),
      async () => {
        const decided = await beginRequest(deps, store, person, input);
        await writeAudit(store.sql, {
          actor: actorName(person),
          action: 'requestAccess',
          target: decided.ok ? decided.value.run.id : null,
          outcome: decided.ok ? 'OK' : decided.refusal.code,
          requestId: caller.requestId,
          clientIp: caller.clientIp,
        });
        if (!decided.ok) return decided;
        begun = decided.value;
        return ok(decided.value.run.id);
      },
      { save: (id) => id, load: async (id) => String(id) },
    );
    await faultpoint('access.requestAccess.submit.before');
    return result;
  });
  await faultpoint('access.requestAccess.submit.after');
  return submitted.ok ? ok({ requestId: submitted.value, begun }) : submitted;
}
