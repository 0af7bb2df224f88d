import { writeAudit } from '../../../platform/audit/audit.js';
import { actorName } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { driveNotActive, isReadable } from '../domain/drive.js';
import type { FileVersion, StoredFile } from '../domain/file.js';
import { storageLimits } from '../domain/limits.js';
import type { Caller } from './caller.js';
import type { Dependencies } from './dependencies.js';
import type { FileRecords } from './ports.js';
import { requireOwner, requireReader } from './visibility.js';

/** What to read. */
export interface CreateDownloadInput {
  readonly fileId: string;
  readonly versionId?: string | null | undefined;
}

/** Where to read it, and until when. */
export interface Download {
  readonly url: string;
  readonly expiresAt: Date;
}

/**
 * Signs a URL for a version of one's own file; it works for 15 minutes, and ends with the session.
 * Refusal: DRIVE_NOT_ACTIVE. @throws Fault NOT_FOUND, FORBIDDEN for an operator
 */
export async function createDownload(
  { database, urls, clock }: Dependencies,
  caller: Caller,
  input: CreateDownloadInput,
): Promise<Result<Download, Refusal>> {
  const person = requireReader(caller.viewer);
  const [file] = isId('file', input.fileId) ? await database.files.byIds([input.fileId]) : [];
  const [drive] = file === undefined ? [] : await database.drives.byIds([file.driveId]);
  if (file === undefined || drive === undefined) throw notFound('file');
  requireOwner(person, drive, 'file');
  const version = await versionOf(database.files, file, input.versionId ?? null);
  const now = clock.now();
  if (!isReadable(drive, now)) return err(driveNotActive(drive, now));
  await writeAudit(database.sql, {
    actor: actorName(caller.viewer),
    action: 'createDownload',
    target: file.id,
    outcome: 'OK',
    requestId: caller.requestId,
    clientIp: caller.clientIp,
    detail: { versionId: version.id },
  });
  const expiresAt = new Date(now.getTime() + storageLimits.downloadLifetimeMs);
  const bearer = { userId: person.userId, sessionId: person.sessionId };
  return ok({ url: urls.sign({ kind: 'version', versionId: version.id, bearer }, expiresAt), expiresAt });
}

async function versionOf(files: FileRecords, file: StoredFile, versionId: string | null): Promise<FileVersion> {
  if (versionId === null) return file.current;
  const version = isId('version', versionId) ? await files.version(versionId) : null;
  if (version === null || version.fileId !== file.id) throw notFound('version');
  return version;
}
