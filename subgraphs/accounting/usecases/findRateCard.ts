import type { Viewer } from '../../../platform/auth/viewer.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { RateCard } from '../domain/rates.js';
import type { Loaders } from './loaders.js';
import type { RateCards } from './ports/usage.js';
import { requireReader } from './signedIn.js';

/** The prices of a cluster in force at an instant (now where not said), or null. @throws Fault UNAUTHENTICATED */
export const makeFindRateCard =
  ({ rateCards }: { readonly rateCards: RateCards }) =>
  async (viewer: Viewer, clusterId: string, at: Date | null, loaders: Loaders): Promise<RateCard | null> => {
    requireReader(viewer);
    if (!isId('cluster', clusterId)) return null;
    const id = await rateCards.inForce(clusterId, at);
    return id === null ? null : loaders.rateCard.load(id);
  };
