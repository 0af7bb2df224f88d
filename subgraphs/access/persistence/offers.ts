import type { ApprovalPolicy, Offer, OfferKind, OfferStatus, PriceBasis } from '../domain/offer.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { OfferModel, OfferVersionModel } from '../generated/prisma/models.js';
import type { Offers } from '../usecases/ports.js';

/** An offer with the terms of one version, as the domain has it; the words are checked by the tables. */
export const toOffer = (row: OfferModel, terms: OfferVersionModel): Offer => ({
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
  twoPeopleAboveMicros: terms.twoPeopleAboveMicros,
  visibleTo: terms.visibleTo,
});

/** The newest version comes along: its terms are the ones in force. */
const newest = { versions: { orderBy: { version: 'desc' }, take: 1 } } as const;

function toCurrent({ versions: [terms], ...row }: OfferModel & { readonly versions: OfferVersionModel[] }): Offer {
  if (terms === undefined) throw new Error('an offer has a version');
  return toOffer(row, terms);
}

/** The offers in the database. */
export const offersIn = (prisma: Prisma.TransactionClient): Offers => ({
  async byIds(ids) {
    return (await prisma.offer.findMany({ where: { id: { in: [...ids] } }, include: newest })).map(toCurrent);
  },
  async page({ kind, visibleTo }, { first, after }) {
    const [name, id] = after ?? [null, null];
    // Whether somebody sees an offer is a matter of its newest version, which Prisma cannot filter by.
    const rows = await prisma.$queryRawUnsafe<{ id: string }[]>(
      `SELECT offer.id FROM offer
       JOIN LATERAL (SELECT visible_to FROM offer_version WHERE offer_id = offer.id ORDER BY version DESC LIMIT 1) AS terms ON TRUE
       WHERE status = 'ACTIVE' AND ($1::text IS NULL OR kind = $1)
         AND ($2::text IS NULL OR (name, id) > ($2, $3))
         AND ($4::text[] IS NULL OR cardinality(terms.visible_to) = 0 OR terms.visible_to && $4 OR provider_id = ANY ($4))
       ORDER BY name, id LIMIT $5::int`,
      kind,
      name,
      id,
      visibleTo,
      first + 1,
    );
    const offers = new Map((await this.byIds(rows.map((row) => row.id))).map((offer) => [offer.id, offer]));
    return rows.flatMap((row) => offers.get(row.id) ?? []);
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
  async retire(id) {
    await prisma.offer.update({ where: { id }, data: { status: 'RETIRED' } });
  },
  async versions(offerId, { first, after }) {
    const rows = await prisma.offerVersion.findMany({
      where: { offerId, ...(after === null ? {} : { version: { lt: Number(after[0]) } }) },
      orderBy: { version: 'desc' },
      take: first + 1,
      include: { offer: true },
    });
    return rows.map(({ offer, ...terms }) => ({ ...toOffer(offer, terms), publishedAt: terms.publishedAt }));
  },
});

const offerRow = ({ id, kind, name, description, status, per, providerId, payeeAccountId, resource, price }: Offer) => ({
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
