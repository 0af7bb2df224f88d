import type { SqlSession } from '../../../platform/database/sql.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { AccessRequest, AccessRequestEvent, AccessRequestStatus } from '../domain/accessRequest.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { AccessRequestModel } from '../generated/prisma/models.js';
import type { AccessRequests } from '../usecases/ports.js';
import { readChildPages } from './childPages.js';
import { refusalFromJson, refusalToJson } from './refusalJson.js';

/** What the person did before the chain began; the trail begins with it. */
const INTAKE_STEPS = ['verifyIdentity', 'quote'];

const timelineList = {
  table: 'access_request_event',
  columns: 'id, at, step, actor, result',
  parentColumn: 'request_id',
  keyColumn: 'id',
  cursorType: 'bigint',
  newestFirst: false,
} as const;

const toAccessRequest = (row: AccessRequestModel): AccessRequest => ({
  id: row.id,
  // Checked by the table.
  status: row.status as AccessRequestStatus,
  requesterId: row.requesterId,
  quoteId: row.quoteId,
  accountId: row.accountId,
  grantId: row.grantId,
  holdId: row.holdId,
  invoiceId: row.invoiceId,
  failure: row.failure === null ? null : refusalFromJson(row.failure),
});

/** The requests in the database. */
export const accessRequestsIn = (prisma: Prisma.TransactionClient): AccessRequests => ({
  async byIds(ids) {
    const rows = await prisma.accessRequest.findMany({ where: { id: { in: [...ids] }, visible: true } });
    return rows.map(toAccessRequest);
  },
  async page({ requesterId, status }, { first, after }) {
    const rows = await prisma.accessRequest.findMany({
      where: {
        visible: true,
        ...(requesterId === null ? {} : { requesterId }),
        ...(status === null ? {} : { status }),
        ...(after === null ? {} : { id: { lt: after[0] ?? '' } }),
      },
      orderBy: { id: 'desc' },
      take: first + 1,
    });
    return rows.map(toAccessRequest);
  },
  async insert(request) {
    await prisma.accessRequest.create({ data: { ...request, status: 'SUBMITTED' } });
  },
  async find(id) {
    const row = await prisma.accessRequest.findUnique({ where: { id } });
    return row === null ? null : toAccessRequest(row);
  },
  show: (id) => showRequest(prisma, id),
  async dismiss(id) {
    const { count } = await prisma.accessRequest.deleteMany({ where: { id, visible: false } });
    if (count === 0) return false;
    await prisma.quote.deleteMany({ where: { madeForId: id } });
    return true;
  },
  async fail(id, failure) {
    await showRequest(prisma, id);
    await failRequest(prisma, id, failure);
    await addEvent(prisma, id, { step: 'openEscrow', result: failure.code });
  },
  async timelines(wanted) {
    const pages = await readChildPages<AccessRequestEvent>(prisma, timelineList, wanted);
    return pages.map((rows) => rows.map(({ id, at, step, actor, result }) => ({ id, at, step, actor, result })));
  },
});

/** Lets a request be seen, with the beginning of its trail; nothing where it is seen already. */
export async function showRequest(sql: SqlSession, id: string): Promise<void> {
  await sql.$executeRawUnsafe(
    `WITH shown AS (
       UPDATE access_request SET visible = TRUE WHERE id = $1 AND NOT visible RETURNING id, requester_id, created_at
     )
     INSERT INTO access_request_event (request_id, at, step, actor, result)
     SELECT shown.id, shown.created_at, step, shown.requester_id, 'OK' FROM shown, unnest($2::text[]) AS step`,
    id,
    INTAKE_STEPS,
  );
}

/** Writes a request's failure as its end. */
export async function failRequest(sql: SqlSession, id: string, failure: Refusal): Promise<void> {
  await sql.$executeRawUnsafe(
    `UPDATE access_request SET status = 'FAILED', failure = $2::jsonb, ended_at = clock_timestamp() WHERE id = $1`,
    id,
    refusalToJson(failure),
  );
}

/** Writes one step into a request's trail. */
export async function addEvent(
  sql: SqlSession,
  requestId: string,
  event: { readonly step: string; readonly result: string },
): Promise<void> {
  await sql.$executeRawUnsafe(
    `INSERT INTO access_request_event (request_id, step, actor, result) VALUES ($1, $2, 'access', $3)`,
    requestId,
    event.step,
    event.result,
  );
}
