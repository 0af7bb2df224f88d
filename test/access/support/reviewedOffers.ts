import type { Person } from '../../../platform/auth/viewer.js';
import { newId } from '../../../platform/kernel/ids.js';
import { firstBootOffers } from '../../../subgraphs/access/domain/firstBootOffers.js';
import type { Offer } from '../../../subgraphs/access/domain/offer.js';
import { ensureOffers } from '../../../subgraphs/access/persistence/offers.js';
import { type AccessWorld, makeAsking, makePerson, withRoles } from './accessWorld.js';

/** A drive of 1 CREDIT per GiB-month whose requests are reviewed, of a provider with two ADMINs. */
export interface ReviewedOffer {
  readonly offer: Offer;
  readonly admins: readonly [Person, Person];
}

/** An offer like the first boot's drive, but for what is told. */
export async function makeOffer(world: AccessWorld, over: Partial<Offer> = {}): Promise<Offer> {
  const [storage] = firstBootOffers;
  if (storage === undefined) throw new Error('no offer');
  const offer = { ...storage, id: newId('offer'), name: 'Z', ...over };
  await ensureOffers(world.prisma, [offer]);
  return offer;
}

/** Makes one that is reviewed. */
export async function makeReviewedOffer(world: AccessWorld, over: Partial<Offer> = {}): Promise<ReviewedOffer> {
  const offer = await makeOffer(world, { providerId: newId('group'), approval: 'PROVIDER', ...over });
  const admin = () => withRoles(world, makePerson(), { [offer.providerId]: 'ADMIN' });
  return { offer, admins: [admin(), admin()] };
}

/** Somebody with 100 CREDIT who wishes for 10 GiB of it for 30 days from tomorrow: 10 CREDIT to the millionth. */
export function askingFor(world: AccessWorld, { id }: Offer, over: object = {}) {
  const asking = makeAsking(world);
  const startsAt = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 86_400_000);
  const endsAt = new Date(startsAt.getTime() + 30 * 86_400_000);
  return { ...asking, input: { ...asking.input, offerId: id, startsAt, endsAt, ...over } };
}
