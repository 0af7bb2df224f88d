import type { Grant, GrantState } from '../domain/grant.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { GrantModel } from '../generated/prisma/models.js';
import type { Grants } from '../usecases/ports.js';
import { readChildPages } from './childPages.js';

const holdersList = {
  table: 'access_grant',
  columns: `id, request_id AS "requestId", holder_id AS "holderId", offer_id AS "offerId",
    quantity_micros AS "quantityMicros", price_micros AS "priceMicros", unit, paid_micros AS "paidMicros",
    starts_at AS "startsAt", ends_at AS "endsAt", escrow_account_id AS "escrowAccountId", state,
    activated_at AS "activatedAt", ended_at AS "endedAt", refund_transfer_id AS "refundTransferId",
    refunded_micros AS "refundedMicros", ended_by AS "endedBy", end_reason AS "endReason"`,
  parentColumn: 'holder_id',
  keyColumn: 'id',
  cursorType: 'text',
  newestFirst: true,
} as const;

/** The columns that are read: of the two states of the end, the domain needs one. */
type GrantRow = Omit<GrantModel, 'waitForJobs' | 'settledAt' | 'createdAt'>;

/** A row as the domain has it. */
export const toGrant = (row: GrantRow): Grant => ({
  id: row.id,
  requestId: row.requestId,
  holderId: row.holderId,
  offerId: row.offerId,
  quantityMicros: row.quantityMicros,
  priceMicros: row.priceMicros,
  unit: row.unit,
  paidMicros: row.paidMicros,
  startsAt: row.startsAt,
  endsAt: row.endsAt,
  escrowAccountId: row.escrowAccountId,
  // Checked by the table.
  state: row.state as GrantState,
  activatedAt: row.activatedAt,
  endedAt: row.endedAt,
  refundTransferId: row.refundTransferId,
  refundedMicros: row.refundedMicros,
  endedBy: row.endedBy,
  endReason: row.endReason,
});

/** The grants in the database. */
export const grantsIn = (prisma: Prisma.TransactionClient): Grants => ({
  async byIds(ids) {
    return (await prisma.grant.findMany({ where: { id: { in: [...ids] } } })).map(toGrant);
  },
  async ofHolders(wanted) {
    const pages = await readChildPages<GrantRow>(prisma, holdersList, wanted);
    return pages.map((rows) => rows.map(toGrant));
  },
  async beginEnding(id, end) {
    const { count } = await prisma.grant.updateMany({
      where: { id, state: 'OPEN' },
      data: { state: 'ENDING', ...end },
    });
    return count === 1;
  },
  async stopWaiting(id, { endedBy, endReason }) {
    const { count } = await prisma.grant.updateMany({
      where: { id, state: 'ENDING', waitForJobs: true },
      data: { waitForJobs: false, endedBy, endReason },
    });
    return count === 1;
  },
});
