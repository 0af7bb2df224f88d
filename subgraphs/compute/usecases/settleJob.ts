import { writeAudit } from '../../../platform/audit/audit.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { RefusalCode } from '../../../platform/kernel/refusals/registry.js';
import type { Result } from '../../../platform/kernel/result.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import type { Job } from '../domain/job.js';
import { isLogComplete } from './isLogComplete.js';
import type { Dependencies, Repositories, Trace } from './ports.js';
import { attemptsWithoutEnd, tasks } from './tasks.js';

/**
 * Settles the money of a job that ended, once: captures what it cost and frees the rest of its hold, or frees all of
 * it; then its final status is shown. Every attempt asks accounting for the same under the same key, so that two at
 * once, or one after a crash, do no harm. Waits for the log as long as its controller may still send it.
 * @returns the job as it is then; null where there is none
 * @throws Fault SUBGRAPH_UNAVAILABLE: try again later
 */
export async function settleJob(deps: Dependencies, jobId: string, trace: Trace): Promise<Job | null> {
  const [job] = await deps.database.jobs.find([jobId]);
  if (job === undefined || job.outcome === null || job.settledAt !== null) return job ?? null;
  if (!(await isLogComplete(deps.database, job))) return job;
  await faultpoint('compute.settleJob.beforeMoney');
  const chargedMicros = await settleMoney(deps, job, trace);
  await faultpoint('compute.settleJob.afterMoney');
  const settled = await deps.database.transaction((tx) => showOutcome(deps, tx, job.id, chargedMicros, trace));
  // Outside the transaction: closing locks the allocation first and its jobs then, which would be the other way round.
  await deps.database.allocations.closeIfSettled(job.allocationId);
  await faultpoint('compute.settleJob.afterCommit');
  return settled;
}

/** Refusals after which no later attempt can succeed: the money is not reserved any more. */
const MONEY_IS_GONE: ReadonlySet<RefusalCode> = new Set(['HOLD_EXPIRED', 'HOLD_NOT_OPEN', 'ACCOUNT_CLOSED']);

/**
 * Captures or releases. A key that was refused stays refused, so that an attempt after a refusal that can pass (a
 * frozen account) has the next key; one whose answer was lost has the same.
 * @returns what was charged, in millionths
 * @throws Error where accounting refuses for now
 */
async function settleMoney(deps: Dependencies, job: Job, trace: Trace): Promise<bigint> {
  const { id, holdId, unit, settleAttempt } = job;
  if (holdId === null) return 0n;
  const chargeMicros = job.chargeMicros ?? 0n;
  const key = settleAttempt === 0 ? `${id}:settle` : `${id}:settle:${settleAttempt}`;
  const result: Result<null, Refusal> =
    chargeMicros > 0n
      ? await deps.accounting.captureHold({ key, holdId, amount: { micros: chargeMicros, unit } }, trace)
      : await deps.accounting.releaseHold({ key, holdId }, trace);
  if (result.ok) return chargeMicros;
  const { code } = result.refusal;
  if (chargeMicros > 0n || !MONEY_IS_GONE.has(code)) {
    deps.log.error({ jobId: id, holdId, code }, 'a job could not be charged');
  }
  if (MONEY_IS_GONE.has(code)) return 0n;
  await deps.database.jobs.change(id, { settleAttempt: settleAttempt + 1 });
  throw new Error(`accounting refuses to settle ${id} for now: ${code}`);
}

async function showOutcome(
  deps: Dependencies,
  tx: Repositories,
  jobId: string,
  chargedMicros: bigint,
  trace: Trace,
): Promise<Job | null> {
  const job = await tx.jobs.lock(jobId);
  if (job === null || job.outcome === null || job.settledAt !== null) return job;
  const change = { status: job.outcome, chargeMicros: chargedMicros, settledAt: deps.clock.now() };
  await tx.jobs.change(jobId, change);
  if (job.inputs.length > 0) {
    await enqueue(tx.sql, tasks.unpinInputs, { jobId, key: `${jobId}:unpin` }, { maxAttempts: attemptsWithoutEnd });
  }
  await writeAudit(tx.sql, {
    actor: 'service:compute',
    action: 'settleJob',
    target: jobId,
    outcome: 'OK',
    requestId: trace.requestId,
    clientIp: trace.clientIp,
    detail: { status: job.outcome, chargedMicros: chargedMicros.toString() },
  });
  return { ...job, ...change };
}
