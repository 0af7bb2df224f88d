import { claimsOfHead } from '../domain/checkpoint.js';
import type { Checkpoints, Journal, ProofSigner } from './ports.js';

const SECONDS_APART = 60;

/**
 * Signs the journal's head, unless it did not move or was signed less than a minute ago, by whichever replica.
 * @returns whether a checkpoint was kept
 */
export const makeSignCheckpoint =
  (deps: { readonly journal: Journal; readonly checkpoints: Checkpoints; readonly signer: ProofSigner }) =>
  async (secondsApart: number = SECONDS_APART): Promise<boolean> => {
    const head = await deps.journal.head();
    const [newest] = await deps.checkpoints.newest(1);
    if (head.sequence <= (newest?.sequence ?? 0n)) return false;
    return deps.checkpoints.keep(head, await deps.signer.signCheckpoint(claimsOfHead(head)), secondsApart);
  };
