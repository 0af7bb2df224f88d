import { setTimeout as sleep } from 'node:timers/promises';
import { writeAudit } from '../../../platform/audit/audit.js';
import { actorName, idempotencyScope, type Person } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { once } from '../../../platform/idempotency/once.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { notSupported, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Grant } from '../domain/grant.js';
import { beginEnding } from './beginEnding.js';
import type { Dependencies } from './dependencies.js';
import type { EndingSubject, Run } from './ports/sagas.js';
import { type Caller, LeaseLost, type Store } from './ports.js';
import { requestingPerson } from './requestingPerson.js';
import { maySeeOf } from './visibility.js';
import { answerBy, inTime } from './waiting.js';

const POLL_MS = 40;

/** A grant to end. */
export interface EndGrantInput {
  readonly idempotencyKey: string;
  readonly grantId: string;
  /** Whether running jobs may finish first. */
  readonly wait?: boolean | null | undefined;
  readonly purge?: boolean | null | undefined;
}

/**
 * Ends a grant: access closes, what was used is earned, the rest is returned. While jobs are still being ended it is
 * ENDING, and finished by a durable task; ending such a grant again changes nothing.
 * Refusals: INVALID_INPUT, NOT_SUPPORTED, IDEMPOTENCY_KEY_REUSED, GRANT_NOT_ACTIVE.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN for an operator, NOT_FOUND for others than the holder
 */
export async function endGrant(
  deps: Dependencies,
  caller: Caller,
  input: EndGrantInput,
): Promise<Result<Grant, Refusal>> {
  const person = requestingPerson(caller.viewer);
  const accepted = await accept(deps, caller, person, input);
  if (!accepted.ok) return accepted;
  const { grantId, begun } = accepted.value;
  if (begun !== null) {
    const work = runInline(deps, caller, begun);
    deps.keepInSight(work);
    await inTime(work, answerBy(caller), undefined);
  } else {
    await awaitRunner(deps, caller, grantId);
  }
  return ok(await readGrant(deps.database, grantId));
}

/** The first commit: the key, the grant ENDING, its chain with the task that takes it up, and the audit entry. */
async function accept(
  deps: Dependencies,
  caller: Caller,
  person: Person,
  input: EndGrantInput,
): Promise<Result<{ readonly grantId: string; readonly begun: Run<EndingSubject> | null }, Refusal>> {
  let begun: Run<EndingSubject> | null = null;
  const settings = { ...input, wait: input.wait ?? false, purge: input.purge ?? false };
  const accepted = await deps.database.transactionally(async (store) => {
    begun = null;
    const result = await once<string>(
      store.sql,
      { scope: idempotencyScope(person), key: input.idempotencyKey, operation: 'endGrant', input: settings },
      async () => {
        const decided = await decide(store, person, settings);
        if (decided.ok) {
          const end = { endedAt: deps.clock.now(), waitForJobs: settings.wait };
          begun = await beginEnding(deps, store, decided.value, end);
        }
        await writeAudit(store.sql, {
          actor: actorName(person),
          action: 'endGrant',
          target: input.grantId,
          outcome: decided.ok ? 'OK' : decided.refusal.code,
          requestId: caller.requestId,
          clientIp: caller.clientIp,
        });
        return decided.ok ? ok(decided.value.id) : decided;
      },
      { save: (id) => id, load: async (id) => String(id) },
    );
    await faultpoint('access.endGrant.accept.before');
    return result;
  });
  await faultpoint('access.endGrant.accept.after');
  return accepted.ok ? ok({ grantId: accepted.value, begun }) : accepted;
}

/** Which grant may be ended. */
async function decide(
  store: Store,
  person: Person,
  input: { readonly grantId: string; readonly purge: boolean },
): Promise<Result<Grant, Refusal>> {
  if (input.purge) return err(notSupported(['purge']));
  const [grant] = isId('grant', input.grantId) ? await store.grants.byIds([input.grantId]) : [];
  if (grant === undefined || !maySeeOf(person, grant.holderId)) throw notFound('grant');
  if (grant.holderId !== person.userId) throw forbidden('Only its holder may end a grant.');
  if (grant.state === 'ENDED') return err(refused('GRANT_NOT_ACTIVE', 'The grant has ended already.'));
  return ok(grant);
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

async function readGrant({ grants }: Store, id: string): Promise<Grant> {
  const [grant] = await grants.byIds([id]);
  if (grant === undefined) throw notFound('grant');
  return grant;
}
