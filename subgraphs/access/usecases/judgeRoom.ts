import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import type { Offer } from '../domain/offer.js';
import { toQuotaBytes } from '../domain/quantity.js';
import type { Dependencies } from './dependencies.js';
import type { Caller } from './ports.js';

/**
 * What provisioning would say now: whether there is room for a drive, or the cluster. Of an offer that people decide on
 * nothing, since it is provisioned once they have.
 */
export async function judgeRoom(
  { peers }: Pick<Dependencies, 'peers'>,
  caller: Caller,
  offer: Offer,
  quantityMicros: bigint,
): Promise<readonly Refusal[]> {
  if (offer.approval !== 'AUTOMATIC') return [];
  if (offer.kind === 'STORAGE') {
    const hasRoom = await peers.storage.hasRoom(toQuotaBytes(quantityMicros), caller);
    return hasRoom ? [] : [refused('CAPACITY_EXCEEDED', 'There is no room for a drive of that size. Ask for less.')];
  }
  const isThere = offer.resource !== null && (await peers.compute.hasCluster(offer.resource, caller));
  return isThere ? [] : [invalidInput(['clusterId'], 'There is no such cluster.')];
}
