import { setTimeout as sleep } from 'node:timers/promises';
import { writeAudit } from '../../../platform/audit/audit.js';
import { actorName, idempotencyScope, type Person } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { once } from '../../../platform/idempotency/once.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Grant } from '../domain/grant.js';
import { beginEnding } from './beginEnding.js';
import type { Dependencies } from './dependencies.js';
import type { EndingSubject, Run } from './ports/sagas.js';
import { type Caller, type GrantEnd, LeaseLost, type Store } from './ports.js';
import { answerBy, inTime } from './waiting.js';

const POLL_MS = 40;

/** A call that ends a grant. */
interface Conclusion {
  readonly operation: 'endGrant' | 'revokeGrant';
  readonly person: Person;
  readonly input: { readonly grantId: string };
  /** Null where the call only sets a state. */
  readonly key: string | null;
  readonly waitForJobs: boolean;
  /** Whether a grant that is ENDING and waits for its jobs waits no more. */
  readonly hastens: boolean;
  readonly reason: string | null;
  /** Whether a drive's content goes at once. */
  readonly purge: boolean;
  /** Which grant may be ended. */
  readonly decide: (store: Store) => Promise<Result<Grant, Refusal>>;
}

/**
 * Ends a grant, whoever wants it: access closes, what was used is earned, the rest is returned. While jobs are still
 * being ended it is ENDING, and finished by a durable task; ending such a grant again changes nothing, unless the call
 * hastens: then its jobs are waited for no more.
 */
export async function concludeGrant(
  deps: Dependencies,
  caller: Caller,
  conclusion: Conclusion,
): Promise<Result<Grant, Refusal>> {
  const accepted = await accept(deps, caller, conclusion);
  if (!accepted.ok) return accepted;
  const { grantId, begun, isHastened } = accepted.value;
  if (begun !== null || isHastened) {
    const work = begun === null ? deps.takeUp('endGrant', grantId) : runInline(deps, caller, begun);
    deps.keepInSight(work);
    await inTime(work, answerBy(caller), undefined);
  } else {
    await awaitRunner(deps, caller, grantId);
  }
  return ok(await readGrant(deps.database, grantId));
}

/** Refusal GRANT_NOT_ACTIVE for a grant that has ended. */
export const judgeEndable = (grant: Grant): Result<Grant, Refusal> =>
  grant.state === 'ENDED' ? err(refused('GRANT_NOT_ACTIVE', 'The grant has ended already.')) : ok(grant);

interface Accepted {
  readonly grantId: string;
  readonly begun: Run<EndingSubject> | null;
  readonly isHastened: boolean;
}

/** The first commit: the key, the grant ENDING, its chain with the task that takes it up, and the audit entry. */
async function accept(
  deps: Dependencies,
  caller: Caller,
  { operation, person, input, key, waitForJobs, hastens, reason, purge, decide }: Conclusion,
): Promise<Result<Accepted, Refusal>> {
  let begun: Run<EndingSubject> | null = null;
  let isHastened = false;
  const accepted = await deps.database.transactionally(async (store) => {
    begun = null;
    isHastened = false;
    const act = async (): Promise<Result<string, Refusal>> => {
      const decided = await decide(store);
      if (decided.ok) {
        const endedBy = actorName(person);
        const end = { endedAt: deps.clock.now(), waitForJobs, endedBy, endReason: reason, purge };
        begun = await beginEnding(deps, store, decided.value, end);
        isHastened = begun === null && hastens && (await hasten(store, decided.value.id, end));
      }
      await writeAudit(store.sql, {
        actor: actorName(person),
        action: operation,
        target: input.grantId,
        outcome: decided.ok ? 'OK' : decided.refusal.code,
        requestId: caller.requestId,
        clientIp: caller.clientIp,
      });
      return decided.ok ? ok(decided.value.id) : decided;
    };
    const call = { scope: idempotencyScope(person), operation, input };
    const remembering = { save: (id: string) => id, load: async (id: unknown) => String(id) };
    const result = key === null ? await act() : await once(store.sql, { ...call, key }, act, remembering);
    await faultpoint('access.endGrant.accept.before');
    return result;
  });
  await faultpoint('access.endGrant.accept.after');
  return accepted.ok ? ok({ grantId: accepted.value, begun, isHastened }) : accepted;
}

/** Lets a grant that waits for its jobs wait no more; false where it does not. */
async function hasten({ grants, sagaRuns }: Store, id: string, end: GrantEnd): Promise<boolean> {
  return (await sagaRuns.freeWaitingForJobs(id)) && (await grants.stopWaiting(id, end));
}

async function runInline({ chains }: Dependencies, caller: Caller, begun: Run<EndingSubject>): Promise<void> {
  const { requestId, clientIp, userAgent } = caller;
  try {
    await chains.endGrant.run(begun, { trace: { requestId, clientIp, userAgent }, spendToken: null });
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
  }
}

/** Waits while another call is at it; one that waits for jobs is at nobody. */
async function awaitRunner({ database, stopping }: Dependencies, caller: Caller, grantId: string): Promise<void> {
  while (Date.now() < answerBy(caller) && !stopping.aborted && (await database.sagaRuns.isInHand(grantId))) {
    await sleep(POLL_MS);
  }
}

/** A grant that is known to be there. */
export async function readGrant({ grants }: Pick<Store, 'grants'>, id: string): Promise<Grant> {
  const [grant] = await grants.byIds([id]);
  if (grant === undefined) throw notFound('grant');
  return grant;
}
