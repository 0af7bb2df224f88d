import { isOperator, type Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { forbidden, unauthenticated } from '../../../platform/kernel/faults.js';
import type { Offer, OfferKind } from '../domain/offer.js';
import type { Store } from './ports.js';
import { maySeeOffers } from './visibility.js';

/** The offers in force, by name. @throws Fault UNAUTHENTICATED, BAD_USER_INPUT */
export async function listOffers(
  { offers }: Pick<Store, 'offers'>,
  viewer: Viewer,
  { kind, ...page }: PageArguments & { readonly kind?: OfferKind | null | undefined },
): Promise<Connection<Offer>> {
  if (viewer.kind === 'anonymous') throw unauthenticated();
  if (!maySeeOffers(viewer)) throw forbidden();
  const roles = viewer.kind === 'person' ? [...viewer.roles.keys()] : [];
  const visibleTo = isOperator(viewer) ? null : roles;
  const wanted = parsePage(page, 2);
  return toConnection(await offers.page({ kind: kind ?? null, visibleTo }, wanted), wanted, ({ name, id }) => [
    name,
    id,
  ]);
}
