import type { ApprovalPolicy, Offer, OfferKind, OfferStatus, OfferVersion, PriceBasis } from '../domain/offer.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { OfferModel, OfferVersionModel } from '../generated/prisma/models.js';
import type { Offers } from '../usecases/ports.js';
import { readChildPages } from './childPages.js';

/** The columns of a version that are its terms. */
type TermsRow = Omit<OfferVersionModel, 'offerId' | 'publishedAt' | 'publishedBy'>;

/** An offer with the terms of one version, as the domain has it; the words are checked by the tables. */
export const toOffer = (row: OfferModel, terms: TermsRow): Offer => ({
  id: row.id,
  kind: row.kind as OfferKind,
  name: row.name,
  description: row.description,
  status: row.status as OfferStatus,
  per: row.basis as PriceBasis,
  providerId: row.providerId,
  payeeAccountId: row.payeeAccountId,
  resource: row.resourceId,
  version: terms.version,
  price: { micros: terms.priceMicros, unit: row.unit },
  approval: terms.approval as ApprovalPolicy,
  minimumQuantityMicros: terms.minimumQuantityMicros,
  maximumQuantityMicros: terms.maximumQuantityMicros,
  minimumDays: terms.minimumDays,
  maximumDays: terms.maximumDays,
  validFrom: terms.validFrom,
  validUntil: terms.validUntil,
  twoPeopleAboveMicros: terms.twoPeopleAboveMicros,
  visibleTo: terms.visibleTo,
});

/** Offers with their newest version, whose terms are the ones in force; in one statement, which Prisma would not make. */
const CURRENT = `
  SELECT offer.id, kind, name, description, status, unit, basis, provider_id AS "providerId",
    payee_account_id AS "payeeAccountId", resource_id AS "resourceId", created_at AS "createdAt", terms.*
  FROM offer JOIN LATERAL (
    SELECT version, price_micros AS "priceMicros", approval, minimum_quantity_micros AS "minimumQuantityMicros",
      maximum_quantity_micros AS "maximumQuantityMicros", minimum_days AS "minimumDays", maximum_days AS "maximumDays",
      valid_from AS "validFrom", valid_until AS "validUntil", two_people_above_micros AS "twoPeopleAboveMicros", visible_to AS "visibleTo"
    FROM offer_version WHERE offer_id = offer.id ORDER BY version DESC LIMIT 1
  ) AS terms ON TRUE`;

type CurrentRow = OfferModel & TermsRow;

type VersionRow = Pick<OfferVersionModel, 'version' | 'priceMicros' | 'approval' | 'publishedAt'> & {
  readonly unit: string;
};

const versionList = {
  table: 'offer_version',
  columns: `version, price_micros AS "priceMicros", approval, published_at AS "publishedAt",
    (SELECT unit FROM offer WHERE offer.id = offer_id) AS unit`,
  parentColumn: 'offer_id',
  keyColumn: 'version',
  cursorType: 'bigint',
  newestFirst: true,
} as const;

const toVersion = ({ version, priceMicros, unit, approval, publishedAt }: VersionRow): OfferVersion => ({
  version,
  price: { micros: priceMicros, unit },
  // Checked by the table.
  approval: approval as ApprovalPolicy,
  publishedAt,
});

/** The offers in the database. */
export const offersIn = (prisma: Prisma.TransactionClient): Offers => ({
  async byIds(ids) {
    const rows = await prisma.$queryRawUnsafe<CurrentRow[]>(`${CURRENT} WHERE offer.id = ANY ($1::text[])`, [...ids]);
    return rows.map((row) => toOffer(row, row));
  },
  async page({ kind, visibleTo }, { first, after }) {
    const [name, id] = after ?? [null, null];
    const rows = await prisma.$queryRawUnsafe<CurrentRow[]>(
      `${CURRENT} WHERE status = 'ACTIVE' AND ($1::text IS NULL OR kind = $1)
         AND ($2::text IS NULL OR (name, offer.id) > ($2, $3))
         AND ($4::text[] IS NULL OR cardinality("visibleTo") = 0 OR "visibleTo" && $4 OR provider_id = ANY ($4))
       ORDER BY name, offer.id LIMIT $5::int`,
      kind,
      name,
      id,
      visibleTo === null ? null : [...visibleTo],
      first + 1,
    );
    return rows.map((row) => toOffer(row, row));
  },
  async insert(offer, publishedBy) {
    await prisma.offer.create({ data: offerRow(offer) });
    await prisma.offerVersion.create({ data: versionRow(offer, publishedBy) });
  },
  async lock(id) {
    await prisma.$queryRawUnsafe('SELECT 1 FROM offer WHERE id = $1 FOR UPDATE', id);
    const [offer] = await this.byIds([id]);
    return offer ?? null;
  },
  async insertVersion(offer, publishedBy) {
    await prisma.offerVersion.create({ data: versionRow(offer, publishedBy) });
  },
  async atVersion(offerId, version) {
    const row = await prisma.offerVersion.findUnique({
      where: { offerId_version: { offerId, version } },
      include: { offer: true },
    });
    return row === null ? null : toOffer(row.offer, row);
  },
  async payeeOf(providerId, unit) {
    const row = await prisma.offer.findFirst({ where: { providerId, unit }, orderBy: { createdAt: 'desc' } });
    return row?.payeeAccountId ?? null;
  },
  async retire(id) {
    await prisma.offer.update({ where: { id }, data: { status: 'RETIRED' } });
  },
  async versions(wanted) {
    const pages = await readChildPages<VersionRow>(prisma, versionList, wanted);
    return pages.map((rows) => rows.map(toVersion));
  },
});

const offerRow = ({
  id,
  kind,
  name,
  description,
  status,
  per,
  providerId,
  payeeAccountId,
  resource,
  price,
}: Offer) => ({
  id,
  kind,
  name,
  description,
  status,
  unit: price.unit,
  basis: per,
  providerId,
  payeeAccountId,
  resourceId: resource,
});

const versionRow = (offer: Offer, publishedBy: string) => ({
  offerId: offer.id,
  version: offer.version,
  priceMicros: offer.price.micros,
  approval: offer.approval,
  minimumQuantityMicros: offer.minimumQuantityMicros,
  maximumQuantityMicros: offer.maximumQuantityMicros,
  minimumDays: offer.minimumDays,
  maximumDays: offer.maximumDays,
  validFrom: offer.validFrom,
  validUntil: offer.validUntil,
  twoPeopleAboveMicros: offer.twoPeopleAboveMicros,
  visibleTo: [...offer.visibleTo],
  publishedBy,
});

/** Makes offers that are not there yet: the first boot's, at each start. */
export async function ensureOffers(prisma: Prisma.TransactionClient, offers: readonly Offer[]): Promise<void> {
  await prisma.offer.createMany({ skipDuplicates: true, data: offers.map(offerRow) });
  await prisma.offerVersion.createMany({
    skipDuplicates: true,
    data: offers.map((offer) => versionRow(offer, 'service:access')),
  });
}
