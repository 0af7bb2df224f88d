import type { SqlSession } from '../../../platform/database/sql.js';
import type { Grant, GrantPart, GrantState } from '../domain/grant.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { Grants } from '../usecases/ports.js';
import { readChildPages } from './childPages.js';

/** A grant with its parts, in one statement. Amounts come as text within JSON, which has no whole numbers of their size. */
const COLUMNS = `id, request_id AS "requestId", holder_id AS "holderId", offer_id AS "offerId",
    quantity_micros AS "quantityMicros", unit, paid_micros AS "paidMicros",
    starts_at AS "startsAt", ends_at AS "endsAt", escrow_account_id AS "escrowAccountId", state,
    ended_at AS "endedAt", refund_transfer_id AS "refundTransferId",
    refunded_micros AS "refundedMicros", ended_by AS "endedBy", end_reason AS "endReason",
    (SELECT json_agg(json_build_object('quantity', quantity_micros::text, 'price', price_micros::text, 'paid', paid_micros::text,
        'startsAt', starts_at, 'endsAt', ends_at, 'activatedAt', activated_at) ORDER BY number)
     FROM grant_part WHERE grant_id = access_grant.id) AS parts,
    EXISTS (SELECT FROM grant_extension AS e WHERE e.grant_id = access_grant.id AND e.ended_at IS NULL) AS "isExtending"`;

const holdersList = {
  table: 'access_grant',
  columns: COLUMNS,
  parentColumn: 'holder_id',
  keyColumn: 'id',
  cursorType: 'text',
  newestFirst: true,
} as const;

interface PartRow {
  readonly quantity: string;
  readonly price: string;
  readonly paid: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly activatedAt: string;
}

type GrantRow = Omit<Grant, 'parts'> & { readonly parts: readonly PartRow[] };

const toPart = ({ quantity, price, paid, startsAt, endsAt, activatedAt }: PartRow): GrantPart => ({
  quantityMicros: BigInt(quantity),
  priceMicros: BigInt(price),
  paidMicros: BigInt(paid),
  startsAt: new Date(startsAt),
  endsAt: new Date(endsAt),
  activatedAt: new Date(activatedAt),
});

/** A row as the domain has it. */
const toGrant = (row: GrantRow): Grant => ({
  id: row.id,
  requestId: row.requestId,
  holderId: row.holderId,
  offerId: row.offerId,
  quantityMicros: row.quantityMicros,
  unit: row.unit,
  paidMicros: row.paidMicros,
  parts: row.parts.map(toPart),
  isExtending: row.isExtending,
  startsAt: row.startsAt,
  endsAt: row.endsAt,
  escrowAccountId: row.escrowAccountId,
  // Checked by the table.
  state: row.state as GrantState,
  endedAt: row.endedAt,
  refundTransferId: row.refundTransferId,
  refundedMicros: row.refundedMicros,
  endedBy: row.endedBy,
  endReason: row.endReason,
});

/** Grants by their ids. */
export async function readGrants(sql: SqlSession, ids: readonly string[]): Promise<readonly Grant[]> {
  const rows = await sql.$queryRawUnsafe<GrantRow[]>(
    `SELECT ${COLUMNS} FROM access_grant WHERE id = ANY ($1::text[])`,
    [...ids],
  );
  return rows.map(toGrant);
}

/** The grants in the database. */
export const grantsIn = (prisma: Prisma.TransactionClient): Grants => ({
  byIds: (ids) => readGrants(prisma, ids),
  async lock(id) {
    await prisma.$queryRawUnsafe('SELECT 1 FROM access_grant WHERE id = $1 FOR NO KEY UPDATE', id);
    const [grant] = await readGrants(prisma, [id]);
    return grant ?? null;
  },
  async openOfCompute(after, now, maximum) {
    const rows = await prisma.$queryRawUnsafe<GrantRow[]>(
      `SELECT ${COLUMNS} FROM access_grant
       WHERE state = 'OPEN' AND starts_at <= $2::timestamptz AND $2::timestamptz < ends_at
         AND ($1::text IS NULL OR id > $1)
         AND EXISTS (SELECT FROM offer WHERE offer.id = offer_id AND offer.kind = 'COMPUTE')
       ORDER BY id LIMIT $3::int`,
      after,
      now,
      maximum,
    );
    return rows.map(toGrant);
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
