/** A file version that a job reads. */
export interface JobInput {
  readonly jobId: string;
  /** The name it has for the job. */
  readonly name: string;
  readonly path: string;
  readonly versionId: string;
  readonly sizeBytes: bigint;
  readonly sha256: string;
  /** Who submitted the job. */
  readonly userId: string;
}
