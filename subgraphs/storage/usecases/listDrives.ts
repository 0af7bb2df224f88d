import type { Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { isPrincipalId } from '../../../platform/kernel/principal.js';
import type { Drive } from '../domain/drive.js';
import type { Loaders } from './loaders.js';
import { maySee } from './visibility.js';

/** A person's or a group's drives, newest first; null for others than the person, the members and operators. */
export async function listDrives(
  loaders: Loaders,
  viewer: Viewer,
  ownerId: string,
  asked: PageArguments,
): Promise<Connection<Drive> | null> {
  if (!isPrincipalId(ownerId) || !maySee(viewer, ownerId)) return null;
  const page = parsePage(asked, 1);
  const drives = await loaders.drivesOfOwner.load({ ownerId, page });
  return toConnection(drives, page, (drive) => [drive.id]);
}
