import type { Viewer } from '../../../platform/auth/viewer.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Grant } from '../domain/grant.js';
import type { Loaders } from './ports.js';
import { maySeeGrant } from './visibility.js';

/** One grant; null where the viewer may not see it or there is none. */
export async function findGrant(viewer: Viewer, { grants, offers }: Loaders, id: string): Promise<Grant | null> {
  const grant = isId('grant', id) ? await grants.load(id) : null;
  const offer = grant === null ? null : await offers.load(grant.offerId);
  return grant !== null && offer !== null && maySeeGrant(viewer, grant, offer) ? grant : null;
}
