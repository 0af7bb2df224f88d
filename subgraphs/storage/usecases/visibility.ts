import {
  hasScope,
  isByService,
  isOperator,
  type Person,
  refuseServices,
  requirePerson,
  requireScope,
  type Viewer,
} from '../../../platform/auth/viewer.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { belongsTo } from '../../../platform/kernel/principal.js';
import type { Drive } from '../domain/drive.js';
import type { DriveRecords } from './ports.js';

/** Whether a drive, its list of files and what it holds may be shown: to its owner, a group's members, and operators. */
export const maySee = (viewer: Viewer, ownerId: string): boolean =>
  hasScope(viewer, 'storage:read') &&
  (isOperator(viewer) || (viewer.kind === 'person' && !isByService(viewer) && belongsTo(viewer, ownerId)));

/** A person whose token has a scope, and no service for the person: compute pins what a job reads, and no more. @throws Fault UNAUTHENTICATED, FORBIDDEN */
export function requireReader(viewer: Viewer): Person {
  const person = requirePerson(viewer);
  refuseServices(person);
  requireScope(person, 'storage:read');
  return person;
}

/** A person whose token may write. @throws Fault UNAUTHENTICATED, FORBIDDEN */
export function requireWriter(viewer: Viewer): Person {
  const person = requirePerson(viewer);
  refuseServices(person);
  requireScope(person, 'storage:write');
  return person;
}

/**
 * The person's own drive, or one of the person's group. @throws Fault NOT_FOUND for one of another, or of no one; FORBIDDEN for an operator, who may
 * know of it but has no right to what is in it
 */
export async function ownDrive(drives: DriveRecords, person: Person, driveId: string): Promise<Drive> {
  const [drive] = isId('drive', driveId) ? await drives.byIds([driveId]) : [];
  if (drive === undefined) throw notFound('drive');
  requireOwner(person, drive, 'drive');
  return drive;
}

/** Sees to it that the drive is the person's own, or of a group that the person is in now. @param what names what was asked for. @throws as ownDrive */
export function requireOwner(person: Person, drive: Drive, what: string): void {
  if (belongsTo(person, drive.ownerId)) return;
  throw isOperator(person) ? forbidden('What is in a drive is for its owner alone.') : notFound(what);
}
