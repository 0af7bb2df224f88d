import type { AccessReview } from '../domain/accessRequest.js';
import type { Extension } from '../domain/extension.js';
import type { ApprovalPolicy } from '../domain/offer.js';
import type { AccessRequestStatus } from '../domain/requestStates.js';
import type { GroupRole } from '../domain/roles.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { Extensions } from '../usecases/ports.js';
import { refusalFromJson } from './refusalJson.js';
import { toReview, withStatus } from './reviewFilter.js';

const withGrant = { grant: { include: { request: true } } } as const;

/** A row as the domain has it; the words are checked by the table. */
const toExtension = (row: Prisma.GrantExtensionGetPayload<{ include: typeof withGrant }>): Extension => ({
  id: row.id,
  status: row.status as AccessRequestStatus,
  grantId: row.grantId,
  requesterId: row.requesterId,
  justification: row.justification,
  groupId: row.groupId,
  requesterRole: row.requesterRole as GroupRole | null,
  accountId: row.grant.request.accountId,
  payerGroupId: row.grant.request.payerGroupId,
  providerId: row.providerId,
  approval: row.approval as ApprovalPolicy,
  twoPeopleAboveMicros: row.twoPeopleAboveMicros,
  reviewDeadline: row.reviewDeadline,
  offerVersion: row.offerVersion,
  priceMicros: row.priceMicros,
  addedQuantityMicros: row.addedQuantityMicros,
  startsAt: row.startsAt,
  endsAt: row.endsAt,
  totalMicros: row.totalMicros,
  unit: row.grant.unit,
  holdId: row.holdId,
  invoiceId: row.invoiceId,
  failure: row.failure === null ? null : refusalFromJson(row.failure),
});

/** What is added to grants, in the database. */
export const extensionsIn = (prisma: Prisma.TransactionClient): Extensions => ({
  async byIds(ids) {
    const rows = await prisma.grantExtension.findMany({ where: { id: { in: [...ids] } }, include: withGrant });
    return rows.map(toExtension);
  },
  async page(filter, { first, after }) {
    const rows = await prisma.grantExtension.findMany({
      where: {
        AND: [
          filter.requesterId === null ? {} : { requesterId: filter.requesterId },
          toReview(filter),
          filter.reviewedBy === null ? {} : { status: { not: 'SUBMITTED' } },
          withStatus(filter),
          after === null ? {} : { id: { lt: after[0] ?? '' } },
        ],
      },
      include: withGrant,
      orderBy: { id: 'desc' },
      take: first + 1,
    });
    return rows.map(toExtension);
  },
  async insert(extension) {
    await prisma.grantExtension.create({ data: { ...extension, status: 'SUBMITTED' } });
  },
  async find(id) {
    const [extension] = await this.byIds([id]);
    return extension ?? null;
  },
  async ofGrants(grantIds) {
    const rows = await prisma.grantExtension.findMany({
      where: { grantId: { in: [...grantIds] }, endedAt: null },
      include: withGrant,
    });
    const known = new Map(rows.map((row) => [row.grantId, toExtension(row)]));
    return grantIds.map((id) => known.get(id) ?? null);
  },
  async lock(id) {
    await prisma.$queryRawUnsafe('SELECT 1 FROM grant_extension WHERE id = $1 FOR NO KEY UPDATE', id);
    return this.find(id);
  },
  async change(id, change) {
    await prisma.grantExtension.update({ where: { id }, data: change });
  },
  async addReview(extensionId, review) {
    await prisma.extensionReview.create({ data: { extensionId, ...review } });
  },
  async reviews(ids) {
    const rows = await prisma.extensionReview.findMany({
      where: { extensionId: { in: [...ids] } },
      include: { extension: { select: { addedQuantityMicros: true } } },
      orderBy: { id: 'asc' },
    });
    return ids.map((id) => rows.filter(({ extensionId }) => extensionId === id).map(toAccessReview));
  },
  async mayExtend(grantId) {
    const rows = await prisma.$queryRawUnsafe<unknown[]>(
      `SELECT 1 FROM grant_extension AS extension JOIN saga_run AS run USING (id)
       WHERE extension.grant_id = $1 AND extension.ended_at IS NULL AND run.direction = 'FORWARD'`,
      grantId,
    );
    return rows.length > 0;
  },
  async dismiss(id) {
    await prisma.grantExtension.deleteMany({ where: { id, endedAt: null } });
  },
});

/** An extension is never revised, and agreed to as a whole. */
const toAccessReview = ({
  reviewerId,
  verdict,
  reason,
  at,
  extension,
}: Prisma.ExtensionReviewGetPayload<{
  include: { extension: { select: { addedQuantityMicros: true } } };
}>): AccessReview => ({
  reviewerId,
  revision: 0,
  // Checked by the table.
  verdict: verdict as AccessReview['verdict'],
  quantityMicros: verdict === 'APPROVED' ? extension.addedQuantityMicros : null,
  reason,
  at,
});
