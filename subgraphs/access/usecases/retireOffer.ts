import { writeAudit } from '../../../platform/audit/audit.js';
import { actorName } from '../../../platform/auth/viewer.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Offer } from '../domain/offer.js';
import type { Dependencies } from './dependencies.js';
import type { Caller } from './ports.js';
import { requestingPerson } from './requestingPerson.js';
import { maySeeOffer } from './visibility.js';

/**
 * Retires an offer: no new quotes and no new versions; quotes that were given stay binding, grants live. To retire it
 * again changes nothing.
 * @throws Fault UNAUTHENTICATED, NOT_FOUND, FORBIDDEN for others than the provider's ADMINs
 */
export async function retireOffer(
  { database }: Pick<Dependencies, 'database'>,
  caller: Caller,
  offerId: string,
): Promise<Offer> {
  const person = requestingPerson(caller.viewer);
  return database.transactionally(async (store) => {
    const offer = isId('offer', offerId) ? await store.offers.lock(offerId) : null;
    if (offer === null || !maySeeOffer(person, offer)) throw notFound('offer');
    if (person.actor !== null || person.roles.get(offer.providerId) !== 'ADMIN') {
      throw forbidden("Only the provider's ADMINs retire its offers.");
    }
    if (offer.status === 'RETIRED') return offer;
    await store.offers.retire(offerId);
    await writeAudit(store.sql, {
      actor: actorName(person),
      action: 'retireOffer',
      target: offerId,
      outcome: 'OK',
      requestId: caller.requestId,
      clientIp: caller.clientIp,
    });
    return { ...offer, status: 'RETIRED' };
  });
}
