import { z } from 'zod';
import { formatMicros } from '../../../platform/kernel/money.js';
import type { PeerCall } from '../../../platform/peers/peer.js';
import type { ComputePeer } from '../usecases/ports/peers.js';
import { callPeer, nothing, type PeerMutation, traceOf } from './callPeer.js';
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

const extendAllocation: PeerMutation<null> = {
  document: `mutation Extend($input: ExtendAllocationInput!) {
    extendAllocation(input: $input) { ${refusalFields} }
  }`,
  payload: nothing,
};

const shrinkAllocation: PeerMutation<null> = {
  document: `mutation Shrink($input: ShrinkAllocationInput!) {
    shrinkAllocation(input: $input) { ${refusalFields} }
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
  async hasCluster(id, trace) {
    const data = await peer('query Known($id: ID!) { hasCluster(id: $id) }', { id }, traceOf(trace));
    return z.object({ hasCluster: z.boolean() }).parse(data).hasCluster;
  },
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
  extendAllocation({ paid, added, ...wish }, call) {
    const addition =
      added === null
        ? {}
        : {
            added: {
              quantity: formatMicros(added.quantityMicros),
              unitPrice: toMoneyInput(added.unitPrice),
              amount: toMoneyInput(added.amount),
            },
          };
    const input = { ...wish, idempotencyKey: call.key, paid: toMoneyInput(paid), ...addition };
    return callPeer(peer, extendAllocation, input, call);
  },
  shrinkAllocation: ({ extensionId, grantId }, call) =>
    callPeer(peer, shrinkAllocation, { idempotencyKey: call.key, extensionId, grantId }, call),
  closeAllocation: (wish, trace) => callPeer(peer, closeAllocation, { ...wish }, trace),
});
