import type { Viewer } from '../../../platform/auth/viewer.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { AccessRequest } from '../domain/accessRequest.js';
import type { Loaders } from './ports.js';
import { maySeeRequest } from './visibility.js';

/** One request; null where the viewer may not see it or there is none. */
export async function findAccessRequest(
  viewer: Viewer,
  { requests }: Loaders,
  id: string,
): Promise<AccessRequest | null> {
  const request = isId('request', id) ? await requests.load(id) : null;
  return request !== null && maySeeRequest(viewer, request) ? request : null;
}
