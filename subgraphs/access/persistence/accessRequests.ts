import type { GroupRole } from '../../../platform/auth/memberships.js';
import type { SqlSession } from '../../../platform/database/sql.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { AccessRequest, AccessRequestEvent, AccessReview } from '../domain/accessRequest.js';
import type { ApprovalPolicy } from '../domain/offer.js';
import { type AccessRequestStatus, follow, isStateRefusal, type RequestAction } from '../domain/requestStates.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { AccessRequestModel, AccessReviewModel } from '../generated/prisma/models.js';
import type { AccessRequests } from '../usecases/ports.js';
import { readChildPages } from './childPages.js';
import { refusalFromJson, refusalToJson } from './refusalJson.js';
import { toReview, withStatus } from './reviewFilter.js';

/** What the person did before the chain began; the trail begins with it. */
export const INTAKE_STEPS = ['verifyIdentity', 'quote'];

const timelineList = {
  table: 'access_request_event',
  columns: 'id, at, step, actor, result',
  parentColumn: 'request_id',
  keyColumn: 'id',
  cursorType: 'bigint',
  newestFirst: false,
} as const;

/** A row as the domain has it; the words are checked by the table. */
const toAccessRequest = (row: AccessRequestModel): AccessRequest => ({
  id: row.id,
  status: row.status as AccessRequestStatus,
  requesterId: row.requesterId,
  quoteId: row.quoteId,
  accountId: row.accountId,
  name: row.name,
  justification: row.justification,
  groupId: row.groupId,
  requesterRole: row.requesterRole as GroupRole | null,
  payerGroupId: row.payerGroupId,
  providerId: row.providerId,
  approval: row.approval as ApprovalPolicy,
  twoPeopleAboveMicros: row.twoPeopleAboveMicros,
  quantityMicros: row.quantityMicros,
  total: { micros: row.totalMicros, unit: row.unit },
  reviewDeadline: row.reviewDeadline,
  revision: row.revision,
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
  async page(filter, { first, after }) {
    const rows = await prisma.accessRequest.findMany({
      where: {
        AND: [
          { visible: true },
          filter.requesterId === null ? {} : { requesterId: filter.requesterId },
          toReview(filter),
          withStatus(filter),
          after === null ? {} : { id: { lt: after[0] ?? '' } },
        ],
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
  async lock(id) {
    const rows = await prisma.$queryRawUnsafe<unknown[]>('SELECT 1 FROM access_request WHERE id = $1 FOR UPDATE', id);
    const [request] = rows.length === 0 ? [] : await this.byIds([id]);
    return request ?? null;
  },
  async change(id, change, { step, actor }) {
    await prisma.accessRequest.update({ where: { id }, data: change });
    await addEvent(prisma, id, { step, result: 'OK', actor });
  },
  async addReview(requestId, review) {
    await prisma.accessReview.create({ data: { requestId, ...review } });
  },
  async reviews(requestIds) {
    const rows = await prisma.accessReview.findMany({
      where: { requestId: { in: [...requestIds] } },
      orderBy: { id: 'asc' },
    });
    return requestIds.map((id) => rows.filter(({ requestId }) => requestId === id).map(toAccessReview));
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

const toAccessReview = ({
  reviewerId,
  revision,
  verdict,
  quantityMicros,
  reason,
  at,
}: AccessReviewModel): AccessReview => ({
  reviewerId,
  revision,
  // Checked by the table.
  verdict: verdict as AccessReview['verdict'],
  quantityMicros,
  reason,
  at,
});

/** Lets a request be seen, with the beginning of its trail; nothing where it is seen already. */
async function showRequest(sql: SqlSession, id: string): Promise<void> {
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

/** How a chain that was undone ends, by why it was. */
const ENDINGS: Readonly<Partial<Record<Refusal['code'], RequestAction>>> = {
  REQUEST_DENIED: 'END_DENIED',
  REQUEST_WITHDRAWN: 'END_WITHDRAWN',
  REVIEW_EXPIRED: 'END_EXPIRED',
};

/** How a request ends that was undone for a reason. */
export function endingOf(failure: Refusal): AccessRequestStatus {
  const status = follow('UNDOING', ENDINGS[failure.code] ?? 'END_FAILED');
  if (isStateRefusal(status)) throw new Error('what is undone has an end');
  return status;
}

/** Writes the end of a request that was undone; why is kept where it FAILED, and tells itself where people decided. */
async function failRequest(sql: SqlSession, id: string, failure: Refusal): Promise<void> {
  const status = endingOf(failure);
  await sql.$executeRawUnsafe(
    `UPDATE access_request SET status = $2, failure = $3::jsonb, ended_at = clock_timestamp() WHERE id = $1`,
    id,
    status,
    status === 'FAILED' ? refusalToJson(failure) : null,
  );
}

/** Writes one step into a request's trail. */
export async function addEvent(
  sql: SqlSession,
  requestId: string,
  event: { readonly step: string; readonly result: string; readonly actor?: string },
): Promise<void> {
  await sql.$executeRawUnsafe(
    `INSERT INTO access_request_event (request_id, step, actor, result) VALUES ($1, $2, $3, $4)`,
    requestId,
    event.step,
    event.actor ?? 'access',
    event.result,
  );
}
