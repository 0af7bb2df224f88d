import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, type PageRequest, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput } from '../../../platform/kernel/faults.js';
import type { Job } from '../domain/job.js';
import type { Dependencies, StoredLogLine } from './ports.js';

/** The log of a job that the caller was shown, oldest line first. @throws Fault BAD_USER_INPUT */
export async function listJobLog(
  deps: Dependencies,
  job: Job,
  page: PageArguments,
): Promise<Connection<StoredLogLine>> {
  const request = checkPlace(parsePage(page, 3));
  return toConnection(await deps.database.logs.page(job.id, request), request, ({ place }) => place);
}

function checkPlace(request: PageRequest): PageRequest {
  if (request.after?.every((part) => /^\d{1,9}$/.test(part)) === false) {
    throw badUserInput('after is not a cursor of this list.');
  }
  return request;
}
