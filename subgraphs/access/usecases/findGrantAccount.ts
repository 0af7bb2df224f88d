import type { Grant } from '../domain/grant.js';
import type { EscrowBalance, GrantAccount } from '../domain/grantAccount.js';
import { grantAccount } from '../domain/grantAccount.js';
import type { Dependencies } from './dependencies.js';
import type { Caller, Loaders } from './ports.js';

const NOTHING: EscrowBalance = { postedMicros: 0n, heldMicros: 0n };

/**
 * Where a grant's money stands, for whom the grant itself was shown to. Only a compute grant that has not ended needs
 * accounting for it. @throws Fault SUBGRAPH_UNAVAILABLE
 */
export async function findGrantAccount(
  { clock }: Pick<Dependencies, 'clock'>,
  caller: Caller,
  { offers, escrows }: Loaders,
  grant: Grant,
): Promise<GrantAccount> {
  const offer = await offers.load(grant.offerId);
  if (offer === null) throw new Error('a grant has an offer');
  const isTold = offer.kind === 'STORAGE' || grant.state === 'ENDED';
  const escrow = isTold ? NOTHING : await escrows.load({ id: grant.escrowAccountId, caller });
  return grantAccount(grant, offer.kind, escrow, clock.now());
}
