import type { Checkpoint, CheckpointClaims, Head } from '../../domain/checkpoint.js';
import type { ReadProof } from '../../domain/proof.js';
import type { ReceiptClaims } from '../../domain/receipt.js';

/** Signed heads of the journal. */
export interface Checkpoints {
  /** The newest so many, newest first. */
  newest(count: number): Promise<readonly Checkpoint[]>;
  /** Those of rows after one, up to and including another, in their order. */
  between(after: bigint, through: bigint): Promise<readonly Checkpoint[]>;
  /** Keeps a signed head; false where one is as new or younger than so many seconds. */
  keep(head: Head, proof: string, secondsApart: number): Promise<boolean>;
}

/** Signs what a receipt or a checkpoint says, as a compact JWS. */
export interface ProofSigner {
  sign(claims: ReceiptClaims): Promise<string>;
  signCheckpoint(claims: CheckpointClaims): Promise<string>;
  readCheckpoint(proof: string): ReadProof;
}
