import type { Person } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Drive } from '../domain/drive.js';
import type { Upload } from '../domain/upload.js';
import type { Records } from './ports.js';
import { requireOwner } from './visibility.js';

/** An upload to the person's own drive. @throws Fault NOT_FOUND, FORBIDDEN for an operator */
export async function ownUpload(
  { uploads, drives }: Pick<Records, 'uploads' | 'drives'>,
  person: Person,
  uploadId: string,
): Promise<{ readonly upload: Upload; readonly drive: Drive }> {
  const upload = isId('upload', uploadId) ? await uploads.byId(uploadId) : null;
  const [drive] = upload === null ? [] : await drives.byIds([upload.driveId]);
  if (upload === null || drive === undefined) throw notFound('upload');
  requireOwner(person, drive, 'upload');
  return { upload, drive };
}
