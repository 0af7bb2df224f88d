import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput } from '../../../platform/kernel/faults.js';
import type { Offer, OfferVersion } from '../domain/offer.js';
import type { Loaders } from './ports.js';

/** An offer's versions, newest first, for whom the offer itself was shown to. @throws Fault BAD_USER_INPUT */
export async function listOfferVersions(
  { offerVersions }: Pick<Loaders, 'offerVersions'>,
  { id }: Offer,
  page: PageArguments,
): Promise<Connection<OfferVersion>> {
  const wanted = parsePage(page, 1);
  if (wanted.after !== null && !/^[0-9]{1,9}$/.test(wanted.after[0] ?? '')) {
    throw badUserInput('after is not a cursor of this list.');
  }
  return toConnection(await offerVersions.load({ parentId: id, page: wanted }), wanted, ({ version }) => [
    `${version}`,
  ]);
}
