/** A file of a drive: a path and its current version. */
export interface StoredFile {
  readonly id: string;
  readonly driveId: string;
  readonly path: string;
  readonly current: FileVersion;
}

/** One upload to a file's path, never changed. */
export interface FileVersion {
  readonly id: string;
  readonly fileId: string;
  /** The upload whose parts, in order, are the version's bytes. */
  readonly uploadId: string;
  readonly sizeBytes: bigint;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  readonly contentType: string;
  readonly createdAt: Date;
}

const SHA256 = /^[0-9a-f]{64}$/i;

/** The digest in lower case, or null for a text that is none. */
export const parseSha256 = (text: string): string | null => (SHA256.test(text) ? text.toLowerCase() : null);
