import type { PeerCall } from '../../../platform/peers/peer.js';
import type { StoragePeer } from '../usecases/ports/peers.js';
import { callPeer, nothing, type PeerMutation } from './callPeer.js';
import { refusalFields } from './peerRefusal.js';

const mutation = (field: string, input: string): PeerMutation<null> => ({
  document: `mutation Drive($input: ${input}!) { ${field}(input: $input) { ${refusalFields} } }`,
  payload: nothing,
});
const provisionDrive = mutation('provisionDrive', 'ProvisionDriveInput');
const activateDrive = mutation('activateDrive', 'ActivateDriveInput');
const closeDrive = mutation('closeDrive', 'CloseDriveInput');

/** Storage over its subgraph. */
export const storagePeer = (peer: PeerCall): StoragePeer => ({
  provisionDrive({ quotaBytes, ...wish }, call) {
    return callPeer(peer, provisionDrive, { ...wish, idempotencyKey: call.key, quota: quotaBytes }, call);
  },
  activateDrive: (grantId, call) => callPeer(peer, activateDrive, { idempotencyKey: call.key, grantId }, call),
  closeDrive: (grantId, call) => callPeer(peer, closeDrive, { idempotencyKey: call.key, grantId }, call),
});
