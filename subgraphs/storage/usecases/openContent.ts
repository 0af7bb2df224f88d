import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { type ByteRange, parseRange, piecesOf } from '../domain/byteRange.js';
import { driveNotActive, isReadable } from '../domain/drive.js';
import type { FileVersion } from '../domain/file.js';
import { type Conditions, entityTagOf, judgeConditions, rangeCounts } from '../domain/precondition.js';
import type { SignedTarget } from '../domain/signedUrl.js';
import type { Dependencies } from './dependencies.js';
import { expired, openUrl, type SignedRequest } from './openUrl.js';

/** A request for a version's bytes. */
export interface ContentRequest extends SignedRequest {
  readonly range: string | undefined;
  readonly conditions: Conditions;
}

/** What is served. */
export interface Content {
  /** WHOLE 200, PART 206, UNCHANGED 304, FAILED 412: the client's condition does not hold. */
  readonly outcome: 'WHOLE' | 'PART' | 'UNCHANGED' | 'FAILED';
  readonly version: FileVersion;
  readonly path: string;
  readonly range: ByteRange;
  /** Begins to read the range. */
  bytes(): AsyncIterable<Uint8Array>;
}

/**
 * What a signed URL serves. The drive, its window and a job's pin are looked at now, whenever the URL was signed.
 * Refusals: URL_INVALID, URL_EXPIRED, DRIVE_NOT_ACTIVE, RANGE_NOT_SATISFIABLE.
 */
export async function openContent(
  dependencies: Dependencies,
  request: ContentRequest,
): Promise<Result<Content, Refusal>> {
  const opened = openUrl(dependencies, request);
  if (!opened.ok) return opened;
  const found = await find(dependencies, opened.value);
  if (!found.ok) return found;
  const { version, path } = found.value;
  const size = Number(version.sizeBytes);
  const tag = entityTagOf(version.sha256);
  const range = rangeCounts(tag, request.conditions) ? parseRange(request.range, size) : 'whole';
  const content = (outcome: Content['outcome'], served: ByteRange): Result<Content, Refusal> =>
    ok({ outcome, version, path, range: served, bytes: () => read(dependencies, version.uploadId, served) });
  const verdict = judgeConditions(tag, request.conditions);
  if (verdict === 'failed') return content('FAILED', { start: 0, end: 0 });
  if (verdict === 'unchanged') return content('UNCHANGED', { start: 0, end: 0 });
  if (range === 'unsatisfiable') return err(refused('RANGE_NOT_SATISFIABLE', `The file has ${size} bytes.`));
  return range === 'whole' ? content('WHOLE', { start: 0, end: size }) : content('PART', range);
}

type Found = { readonly version: FileVersion; readonly path: string };

async function find({ database, bearers, clock }: Dependencies, target: SignedTarget): Promise<Result<Found, Refusal>> {
  if (target.kind === 'part') return err(expired());
  const version = await database.files.version(target.versionId);
  const [file] = version === null ? [] : await database.files.byIds([version.fileId]);
  const [drive] = file === undefined ? [] : await database.drives.byIds([file.driveId]);
  if (version === null || file === undefined || drive === undefined) return err(expired());
  const entitled =
    target.kind === 'version'
      ? bearers.hasDriveOf(target.bearer, drive.ownerId)
      : await database.jobInputs.has(target.jobId, version.id);
  if (!entitled) return err(expired());
  const now = clock.now();
  return isReadable(drive, now) ? ok({ version, path: file.path }) : err(driveNotActive(drive, now));
}

async function* read(
  { database, objects }: Dependencies,
  uploadId: string,
  range: ByteRange,
): AsyncGenerator<Uint8Array> {
  const parts = await database.uploads.partsOf(uploadId);
  for (const { piece, range: within } of piecesOf(parts, range)) {
    yield* objects.read({ key: piece.objectKey, bytes: piece.bytes }, within);
  }
}
