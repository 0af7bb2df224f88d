import type { Viewer } from '../../../platform/auth/viewer.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Offer } from '../domain/offer.js';
import type { Loaders } from './ports.js';
import { maySeeOffers } from './visibility.js';

/** One offer, retired ones too; null where the viewer may not see it or there is none. */
export const findOffer = async (viewer: Viewer, { offers }: Loaders, id: string): Promise<Offer | null> =>
  maySeeOffers(viewer) && isId('offer', id) ? offers.load(id) : null;
