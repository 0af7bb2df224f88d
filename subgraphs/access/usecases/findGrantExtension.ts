import type { Viewer } from '../../../platform/auth/viewer.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Extension } from '../domain/extension.js';
import type { Loaders } from './ports.js';
import { maySeeRequest } from './visibility.js';

/** One extension; null where the viewer may not see it or there is none. */
export async function findGrantExtension(
  viewer: Viewer,
  { extensions }: Loaders,
  id: string,
): Promise<Extension | null> {
  const extension = isId('extension', id) ? await extensions.load(id) : null;
  return extension !== null && maySeeRequest(viewer, extension) ? extension : null;
}
