import type { SqlSession } from '../../../platform/database/sql.js';
import type { PageRequest } from '../../../platform/kernel/cursor.js';
import type { ByteRange } from '../domain/byteRange.js';
import type { Commitment } from '../domain/capacity.js';
import type { Drive, DriveStatus, DriveUsage } from '../domain/drive.js';
import type { FileVersion, StoredFile } from '../domain/file.js';
import type { JobInput } from '../domain/jobInput.js';
import type { Bearer, SignedTarget } from '../domain/signedUrl.js';
import type { ReceivedPart, Upload, UploadStatus } from '../domain/upload.js';

/** An object by its key, `<upload>/<name>`, and how many bytes it has. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
}

/** What an object store driver does. Objects are written once and whole, read in ranges, deleted. */
export interface ObjectStore {
  /** Writes an object; when it resolves the object survives a crash, when it rejects there is none. */
  put(object: StoredObject, body: AsyncIterable<Uint8Array>): Promise<void>;
  /** The bytes of a range, as a stream. @throws ObjectMissing, IntegrityError */
  read(object: StoredObject, range: ByteRange): AsyncIterable<Uint8Array>;
  /** Deletes objects; of those that are not there nothing. @throws ObjectsHeld while a backup needs them */
  delete(...keys: readonly string[]): Promise<void>;
  /** The keys of an upload's objects, drafts of interrupted writes included. */
  keysOf(uploadId: string): Promise<readonly string[]>;
}

/** Stored bytes are not those that were written: tampered with, swapped, truncated, or sealed by a key that is gone. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError';
}

/** A backup copies the objects of its point in time: none may be deleted until it is done. */
export class ObjectsHeld extends Error {
  override readonly name = 'ObjectsHeld';
}

/** There is no object of this key. */
export class ObjectMissing extends Error {
  override readonly name = 'ObjectMissing';
}

/** How many bytes are free where the objects are; null where that is not to be known. */
export type FreeBytes = () => Promise<bigint | null>;

/** Makes and checks signed URLs on the service's own address. */
export interface UrlSigner {
  sign(target: SignedTarget, expiresAt: Date): string;
  /** @param url path and query as received. @returns what the URL opens, or why it opens nothing */
  verify(method: string, url: string, now: Date): SignedTarget | 'invalid' | 'expired';
}

/** Knows from identity's feed whether a person or session has ended, and who is in which groups now. */
export interface BearerTrust {
  isDead(bearer: Bearer): boolean;
  /** Whether a drive is the bearer's own, or of a group that the bearer is in. */
  hasDriveOf(bearer: Bearer, ownerId: string): boolean;
}

/** Drives in the database. */
export interface DriveRecords {
  byIds(ids: readonly string[]): Promise<readonly Drive[]>;
  byGrantIds(grantIds: readonly string[]): Promise<readonly Drive[]>;
  /** Of each owner the drives of one page (one more than it has), newest first. */
  pageOfOwners(ownerIds: readonly string[], page: PageRequest): Promise<readonly Drive[]>;
  /** Bytes by drive; what expired uploads still hold does not count. */
  usageOf(ids: readonly string[], now: Date): Promise<ReadonlyMap<string, DriveUsage>>;
  insert(drive: Drive): Promise<void>;
  /** Keeps provisioning and closing of one grant apart until the transaction ends. */
  lockGrant(grantId: string): Promise<void>;
  /** Keeps others from promising room until the transaction ends. */
  lockCapacity(): Promise<void>;
  /** What all drives hold and may still be sent. */
  commitment(): Promise<Commitment>;
  isGrantClosed(grantId: string): Promise<boolean>;
  /** Remembers that a grant was closed that has no drive. */
  closeGrant(grantId: string, at: Date): Promise<void>;
  /** Opens a grant's drive that is INACTIVE; null where it has none that is. */
  activate(grantId: string): Promise<Drive | null>;
  setStatus(id: string, status: DriveStatus, closedAt: Date | null): Promise<Drive>;
  /** The drive, not to be changed by others until the transaction ends. */
  lock(id: string): Promise<Drive | null>;
  /** Reserves bytes for an upload in one statement. @returns false where state, window, quota or the limit forbid it */
  reserve(id: string, bytes: bigint, now: Date): Promise<boolean>;
  /** Gives an upload's reservation back. */
  giveBack(id: string, bytes: bigint): Promise<void>;
  /** Turns an upload's reservation into live bytes, and what it replaces into bytes of earlier versions. */
  makeLive(id: string, bytes: bigint, replacedBytes: bigint): Promise<void>;
  /** How many uploads the drive has open. */
  openUploads(id: string): Promise<number>;
}

/** Uploads in the database. */
export interface UploadRecords {
  insert(upload: Upload, createdAt: Date): Promise<void>;
  byId(id: string): Promise<Upload | null>;
  /** The upload, not to be changed by others until the transaction ends. */
  lock(id: string): Promise<Upload | null>;
  setStatus(id: string, status: UploadStatus): Promise<void>;
  /** The parts that arrived, by number. */
  partsOf(id: string): Promise<readonly ReceivedPart[]>;
  /**
   * Takes a part in while its upload is open, in one statement.
   * @returns false where the upload is over; else the key of the object that the part had before, if it had one
   */
  takePart(id: string, part: ReceivedPart, now: Date): Promise<{ readonly replacedKey: string | null } | false>;
  forgetParts(id: string): Promise<void>;
  /** Whether any part ever arrived that is still kept. */
  hasParts(): Promise<boolean>;
  /** The objects of the newest parts of uploads that are not given up, each as its whole plaintext is long. */
  newestObjects(maximum: number): Promise<readonly StoredObject[]>;
  /** Aborts uploads whose time is over and gives their reservations back. @param driveId of this drive, or of all */
  expire(driveId: string | null, now: Date, maximum: number): Promise<readonly string[]>;
}

/** Files and their versions in the database. */
export interface FileRecords {
  byIds(ids: readonly string[]): Promise<readonly StoredFile[]>;
  byPath(driveId: string, path: string): Promise<StoredFile | null>;
  /** The files below a folder ('' is the root), by path: those of a page and one more. */
  pageBelow(driveId: string, folder: string, page: PageRequest): Promise<readonly StoredFile[]>;
  /** A file's versions, newest first: those of a page and one more. */
  pageOfVersions(fileId: string, page: PageRequest): Promise<readonly NumberedVersion[]>;
  version(id: string): Promise<FileVersion | null>;
  versionOfUpload(uploadId: string): Promise<FileVersion | null>;
  /** Adds a version and shows it. @returns the file, and how many bytes the version that was shown before has */
  addVersion(
    driveId: string,
    path: string,
    version: Omit<FileVersion, 'fileId'>,
    fileId: string,
  ): Promise<AddedVersion>;
}

/** A version with its number within the file. */
export interface NumberedVersion extends FileVersion {
  readonly number: number;
}

/** The outcome of adding a version. */
export interface AddedVersion {
  readonly file: StoredFile;
  readonly replacedBytes: bigint;
}

/** What jobs read, in the database. */
export interface JobInputRecords {
  insert(input: JobInput, createdAt: Date): Promise<void>;
  ofJob(jobId: string): Promise<readonly JobInput[]>;
  /** Whether a job has this version pinned. */
  has(jobId: string, versionId: string): Promise<boolean>;
  remove(jobId: string): Promise<void>;
}

/** What drives had before they were extended, in the database. */
export interface DriveExtensions {
  /** Null for one that was neither made nor undone. */
  find(id: string): Promise<DriveExtension | null>;
  /** Gives a drive more and keeps what it had. */
  extend(id: string, drive: Drive, wanted: { readonly quotaBytes: bigint; readonly endsAt: Date }): Promise<Drive>;
  /** Remembers that an extension was undone before it was made. */
  forbid(id: string, grantId: string, at: Date): Promise<void>;
  /** Gives a locked drive back what it had, but never a quota below what it holds. */
  undo(id: string, driveId: string, at: Date): Promise<Drive>;
}

/** What is kept of an extension. */
export interface DriveExtension {
  readonly grantId: string;
  readonly undoneAt: Date | null;
}

/** Drives whose content goes for good, in the database. */
export interface PurgeRecords {
  /** READ_ONLY drives whose end is before an instant, not to be changed by others until the transaction ends. */
  due(endedBefore: Date, maximum: number): Promise<readonly string[]>;
  /** Closes a drive for its purge, and aborts its open uploads. */
  begin(driveId: string, at: Date): Promise<Drive>;
  /** Uploads of a drive that is being purged, whose objects and rows are still there. */
  uploadsOf(driveId: string, maximum: number): Promise<readonly string[]>;
  /** Forgets such uploads with their versions, parts and pins. */
  forget(driveId: string, uploadIds: readonly string[]): Promise<void>;
  /** Forgets what is left of the drive's content. @returns what was deleted, or null where that was said before */
  finish(driveId: string, at: Date): Promise<Purged | null>;
}

/** What a purge deleted. */
export interface Purged {
  readonly files: bigint;
  readonly bytes: bigint;
}

/** The database, inside or outside a transaction. */
export interface Records {
  /** The session itself, for the platform's own tables. */
  readonly sql: SqlSession;
  readonly drives: DriveRecords;
  readonly uploads: UploadRecords;
  readonly files: FileRecords;
  readonly jobInputs: JobInputRecords;
  readonly extensions: DriveExtensions;
  readonly purges: PurgeRecords;
}

/** The database. */
export interface Database extends Records {
  /**
   * Runs work in a transaction, again where the database took it back: it does nothing outside.
   * @param options how long it may take; 5 s unless told
   */
  transaction<Outcome>(
    work: (records: Records) => Promise<Outcome>,
    options?: { readonly timeoutMs: number },
  ): Promise<Outcome>;
}
