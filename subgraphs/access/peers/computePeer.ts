import { z } from 'zod';

import type { PeerCall } from '../../../platform/peers/peer.js';
import type { ComputePeer } from '../usecases/ports/peers.js';
import { callPeer, nothing, type PeerMutation } from './callPeer.js';
import { toMoneyInput } from './moneyInput.js';
import { refusalFields } from './peerRefusal.js';

const provisionAllocation: PeerMutation<null> = {
  document: `mutation Provision($input: ProvisionAllocationInput!) {
    provisionAllocation(input: $input) { ${refusalFields} }
  }`,
  payload: nothing,
};

const activateAllocation: PeerMutation<null> = {
  document: `mutation Activate($input: ActivateAllocationInput!) {
    activateAllocation(input: $input) { ${refusalFields} }
  }`,
  payload: nothing,
};

const closeAllocation: PeerMutation<{ isSettled: boolean }> = {
  document: `mutation Close($input: CloseAllocationInput!) {
    closeAllocation(input: $input) { allocation { status } ${refusalFields} }
  }`,
  // Null where the grant never had one: then there is nothing to settle either.
  payload: z
    .object({ allocation: z.object({ status: z.string() }).nullable() })
    .transform(({ allocation }) => ({ isSettled: allocation === null || allocation.status === 'CLOSED' })),
};

/** Compute over its subgraph. */
export const computePeer = (peer: PeerCall): ComputePeer => ({
  provisionAllocation({ escrowAccountId, unitPrice, ...wish }, call) {
    const input = {
      ...wish,
      idempotencyKey: call.key,
      escrowId: escrowAccountId,
      unitPrice: toMoneyInput(unitPrice),
    };
    return callPeer(peer, provisionAllocation, input, call);
  },
  activateAllocation(grantId, call) {
    return callPeer(peer, activateAllocation, { idempotencyKey: call.key, grantId }, call);
  },
  closeAllocation: (wish, trace) => callPeer(peer, closeAllocation, { ...wish }, trace),
});
