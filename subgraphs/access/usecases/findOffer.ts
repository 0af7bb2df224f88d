import type { Viewer } from '../../../platform/auth/viewer.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Offer } from '../domain/offer.js';
import type { Loaders } from './ports.js';
import { maySeeOffer } from './visibility.js';

/** One offer, retired ones too; null where the viewer may not see it or there is none. */
export async function findOffer(viewer: Viewer, { offers }: Loaders, id: string): Promise<Offer | null> {
  const offer = isId('offer', id) ? await offers.load(id) : null;
  return offer !== null && maySeeOffer(viewer, offer) ? offer : null;
}
