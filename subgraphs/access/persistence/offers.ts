import type { ApprovalPolicy, Offer, OfferKind, OfferStatus, PriceBasis } from '../domain/offer.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { OfferModel } from '../generated/prisma/models.js';
import type { Offers } from '../usecases/ports.js';

/** A row as the domain has it; the words are checked by the table. */
export const toOffer = (row: OfferModel): Offer => ({
  id: row.id,
  kind: row.kind as OfferKind,
  name: row.name,
  description: row.description,
  status: row.status as OfferStatus,
  price: { micros: row.priceMicros, unit: row.unit },
  per: row.basis as PriceBasis,
  providerId: row.providerId,
  payeeAccountId: row.payeeAccountId,
  resource: row.resourceId,
  approval: row.approval as ApprovalPolicy,
  maximumQuantityMicros: row.maximumQuantityMicros,
});

/** The offers in the database. */
export const offersIn = (prisma: Prisma.TransactionClient): Offers => ({
  async byIds(ids) {
    return (await prisma.offer.findMany({ where: { id: { in: [...ids] } } })).map(toOffer);
  },
  async page(kind, { first, after }) {
    const [name = '', id = ''] = after ?? [];
    const beyond = after === null ? {} : { OR: [{ name: { gt: name } }, { name, id: { gt: id } }] };
    const rows = await prisma.offer.findMany({
      where: { status: 'ACTIVE', ...(kind === null ? {} : { kind }), ...beyond },
      orderBy: [{ name: 'asc' }, { id: 'asc' }],
      take: first + 1,
    });
    return rows.map(toOffer);
  },
});

/** Makes offers that are not there yet: the first boot's, at each start. */
export async function ensureOffers(prisma: Prisma.TransactionClient, offers: readonly Offer[]): Promise<void> {
  await prisma.offer.createMany({
    skipDuplicates: true,
    data: offers.map(({ price, per, resource, ...offer }) => ({
      ...offer,
      priceMicros: price.micros,
      unit: price.unit,
      basis: per,
      resourceId: resource,
    })),
  });
}
