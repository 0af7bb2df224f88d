import type { Viewer } from '../../../platform/auth/viewer.js';
import type { Extension } from '../domain/extension.js';
import type { Grant } from '../domain/grant.js';
import type { Loaders } from './ports.js';
import { maySeeRequest } from './visibility.js';

/** The extension of a grant that is under way, or waits for people; null where none is, or the viewer may not see it. */
export async function findExtensionUnderWay(
  viewer: Viewer,
  { extensionsOf }: Loaders,
  { id, isExtending }: Pick<Grant, 'id' | 'isExtending'>,
): Promise<Extension | null> {
  const extension = isExtending ? await extensionsOf.load(id) : null;
  return extension !== null && maySeeRequest(viewer, extension) ? extension : null;
}
