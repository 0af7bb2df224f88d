/** The journal's last row at a moment. */
export interface Head {
  readonly sequence: bigint;
  /** The chain's hash at this row, base64url. */
  readonly entryHash: string;
  readonly recordedAt: Date;
}

/** A head that was signed and given out: no row up to it can be rewritten or cut off unseen any more. */
export interface Checkpoint {
  readonly sequence: bigint;
  readonly entryHash: string;
  /** When it was signed. */
  readonly recordedAt: Date;
  /** A compact JWS of type checkpoint+jwt over CheckpointClaims. */
  readonly proof: string;
}

/** What a checkpoint's proof says. */
export interface CheckpointClaims {
  readonly sequence: string;
  readonly entryHash: string;
  readonly recordedAt: string;
}

/** The claims of a head. */
export const claimsOfHead = ({ sequence, entryHash, recordedAt }: Head): CheckpointClaims => ({
  sequence: sequence.toString(),
  entryHash,
  recordedAt: recordedAt.toISOString(),
});
