import { isOperator } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, type PageRequest, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { belongsTo, decidesFor } from '../../../platform/kernel/principal.js';
import type { Allocation } from '../domain/allocation.js';
import type { Job } from '../domain/job.js';
import type { Call } from './call.js';
import type { Dependencies, JobFilter } from './ports.js';

/** A person's jobs, newest first, for oneself and operators. @throws Fault NOT_FOUND, BAD_USER_INPUT */
export async function listJobsOfUser(
  deps: Dependencies,
  call: Call,
  userId: string,
  page: PageArguments,
): Promise<Connection<Job>> {
  const { viewer } = call;
  const own = viewer.kind === 'person' && viewer.userId === userId;
  if (!own && !(isOperator(viewer) && isId('user', userId))) throw notFound('list of jobs');
  return list(deps, { submittedById: userId }, page);
}

/**
 * The jobs under a grant, newest first, for its holder and operators; of a group's grant its ADMINs see all, a member
 * the own. Null for a grant that gives no computing time or that the caller may not see. @throws Fault BAD_USER_INPUT
 */
export async function listJobsOfGrant(
  deps: Dependencies,
  call: Call,
  allocation: Allocation | null,
  page: PageArguments,
): Promise<Connection<Job> | null> {
  if (!mayReadAllocation(call, allocation)) return null;
  const { grantId } = allocation;
  const { viewer } = call;
  const isMember = viewer.kind === 'person' && !isOperator(viewer) && !decidesFor(viewer, allocation.holderId);
  return list(deps, isMember ? { grantId, submittedById: viewer.userId } : { grantId }, page);
}

/** Whether the caller may see a grant's allocation: its holder, a group's members, and operators. */
export const mayReadAllocation = ({ viewer }: Call, allocation: Allocation | null): allocation is Allocation =>
  allocation !== null && (isOperator(viewer) || (viewer.kind === 'person' && belongsTo(viewer, allocation.holderId)));

async function list(deps: Dependencies, of: JobFilter, page: PageArguments): Promise<Connection<Job>> {
  const request = checkInstant(parsePage(page, 2));
  const rows = await deps.database.jobs.page(of, request);
  return toConnection(rows, request, (job) => [job.queuedAt.toISOString(), job.id]);
}

function checkInstant(request: PageRequest): PageRequest {
  const [at] = request.after ?? [];
  if (at !== undefined && Number.isNaN(Date.parse(at))) throw badUserInput('after is not a cursor of this list.');
  return request;
}
