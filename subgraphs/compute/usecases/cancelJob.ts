import { writeAudit } from '../../../platform/audit/audit.js';
import {
  actorName,
  idempotencyScope,
  isByProgram,
  isOperator,
  type Person,
  requirePerson,
  requireScope,
} from '../../../platform/auth/viewer.js';
import { once } from '../../../platform/idempotency/once.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { decidesFor } from '../../../platform/kernel/principal.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Job } from '../domain/job.js';
import { entryOf } from './auditing.js';
import type { Call } from './call.js';
import { isUnderOf } from './mayReadJob.js';
import type { Dependencies, Repositories } from './ports.js';
import { requestCancel } from './requestCancel.js';
import { settleSoon } from './settleSoon.js';

/**
 * Ends a job, for who submitted it, the ADMINs of the group whose grant pays for it, and operators. What it used until then is charged; one that was not begun costs
 * nothing. Settled exactly once, however often and by whomever it is ended.
 * Refusals: JOB_ENDED, IDEMPOTENCY_KEY_REUSED, INVALID_INPUT. @throws Fault NOT_FOUND
 */
export async function cancelJob(
  deps: Dependencies,
  call: Call,
  input: { readonly idempotencyKey: string; readonly jobId: string },
): Promise<Result<Job, Refusal>> {
  requirePerson(call.viewer);
  requireScope(call.viewer, 'compute:submit');
  const cancelled = await deps.database.transaction((tx) =>
    once<Job>(
      tx.sql,
      { scope: idempotencyScope(call.viewer), key: input.idempotencyKey, operation: 'cancelJob', input },
      () => cancel(deps, tx, call, input.jobId),
      { save: ({ id }) => id, load: (id) => found(tx, String(id)) },
    ),
  );
  return cancelled.ok ? ok(await settleSoon(deps, call, cancelled.value)) : cancelled;
}

async function cancel(deps: Dependencies, tx: Repositories, call: Call, jobId: string): Promise<Result<Job, Refusal>> {
  const job = await tx.jobs.lock(jobId);
  if (job === null || !mayCancel(call, job)) throw notFound('job');
  if (job.outcome !== null) return err(refused('JOB_ENDED', `The job has ended already: ${job.outcome}.`));
  const now = deps.clock.now();
  const by = job.submittedById === actorName(call.viewer) ? 'its submitter' : roleOf(call, job);
  await requestCancel(tx, job, `Cancelled by ${by}.`, now);
  await writeAudit(tx.sql, entryOf(call, { action: 'cancelJob', target: job.id }));
  return ok(await found(tx, job.id));
}

const mayCancel = ({ viewer }: Call, job: Job): boolean =>
  job.submission === 'READY' &&
  (isOperator(viewer) || (viewer.kind === 'person' && isPresent(viewer) && isUnderOf(viewer, job)));

/** A person, or a program that acts for one, as in submitJob. */
const isPresent = (person: Person): boolean => person.actor === null || isByProgram(person);

const roleOf = ({ viewer }: Call, { holderId }: Job): string =>
  viewer.kind === 'person' && decidesFor(viewer, holderId) ? 'an ADMIN of its group' : 'an operator';

async function found(tx: Repositories, id: string): Promise<Job> {
  const [job] = await tx.jobs.find([id]);
  if (job === undefined) throw notFound('job');
  return job;
}
