import { claimsOf, type Receipt } from '../domain/receipt.js';
import type { ProofSigner } from './ports.js';

/** Signs a receipt from its row. Two readings give two signatures over the same claims; nothing is lost in a crash. */
export const makeProveReceipt =
  ({ signer }: { readonly signer: ProofSigner }) =>
  (receipt: Receipt): Promise<string> =>
    signer.sign(claimsOf(receipt));
