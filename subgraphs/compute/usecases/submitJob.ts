import {
  idempotencyScope,
  isByProgram,
  type Person,
  requirePerson,
  requireScope,
} from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { once } from '../../../platform/idempotency/once.js';
import { forbidden, unauthenticated } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { Job } from '../domain/job.js';
import { parseSubmission, type SubmissionInput } from '../domain/submission.js';
import { advanceSubmission } from './advanceSubmission.js';
import { beginSubmission } from './beginSubmission.js';
import { type Call, traceOf } from './call.js';
import type { Dependencies, Repositories } from './ports.js';
import { exchangeTokens, sealTokens } from './submissionTokens.js';

/** The input of submitJob. */
export interface SubmitJobInput extends SubmissionInput {
  readonly idempotencyKey: string;
}

/**
 * Queues a job of a person under one of the person's grants, its inputs pinned and its highest price reserved.
 *
 * The row stands first, hidden, with the exchanged tokens sealed beside it and a task that completes or undoes what a
 * crash leaves half-made; pins and hold then have keys `<jobId>:<step>`, so that every step can be taken twice.
 * Refusals: NOT_SUPPORTED, INVALID_INPUT, GRANT_NOT_USABLE, RESOURCES_UNAVAILABLE, RESOURCES_NOT_PAID, NOT_ISOLATED, SUBMISSION_UNDONE,
 * IDEMPOTENCY_KEY_REUSED, and those of storage for the inputs and of accounting for the hold (INSUFFICIENT_FUNDS ...).
 * @throws Fault UNAUTHENTICATED, FORBIDDEN, SUBGRAPH_UNAVAILABLE
 */
export async function submitJob(deps: Dependencies, call: Call, input: SubmitJobInput): Promise<Result<Job, Refusal>> {
  const person = requireSubmitter(call);
  const submission = parseSubmission(input);
  if (!submission.ok) return onceForKey(deps, person, input, async () => submission);
  const trace = traceOf(call);
  const tokens = await exchangeTokens(deps, tokenOf(call), submission.value.inputs.length > 0, trace);
  if (!tokens.ok) return tokens;
  const sealed = sealTokens(deps, tokens.value);
  const begun = await onceForKey(deps, person, input, (tx) =>
    beginSubmission(deps, tx, person, submission.value, sealed, trace),
  );
  if (!begun.ok) return begun;
  await faultpoint('compute.submitJob.afterRow');
  return advanceSubmission(deps, begun.value, tokens.value, trace);
}

function onceForKey(
  deps: Dependencies,
  person: Person,
  input: SubmitJobInput,
  act: (tx: Repositories) => Promise<Result<Job, Refusal>>,
): Promise<Result<Job, Refusal>> {
  const key = { scope: idempotencyScope(person), key: input.idempotencyKey, operation: 'submitJob', input };
  return deps.database.transaction((tx) =>
    once<Job>(tx.sql, key, () => act(tx), { save: ({ id }) => id, load: (id) => load(tx, String(id)) }),
  );
}

/** A person, or a program that acts for one: another service that does submits nothing. */
function requireSubmitter({ viewer }: Call): Person {
  const person = requirePerson(viewer);
  requireScope(person, 'compute:submit');
  if (person.actor !== null && !isByProgram(person)) throw forbidden('Only a person may do this.');
  return person;
}

function tokenOf({ token }: Call): string {
  if (token === null) throw unauthenticated();
  return token;
}

async function load(tx: Repositories, id: string): Promise<Job> {
  const [job] = await tx.jobs.find([id]);
  if (job === undefined) throw new Error(`job ${id} of a remembered key is gone`);
  return job;
}
