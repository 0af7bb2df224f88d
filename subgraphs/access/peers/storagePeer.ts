import { z } from 'zod';
import type { PeerCall } from '../../../platform/peers/peer.js';
import type { StoragePeer } from '../usecases/ports/peers.js';
import { callPeer, nothing, type PeerMutation, traceOf } from './callPeer.js';
import { refusalFields } from './peerRefusal.js';

const mutation = (field: string, input: string): PeerMutation<null> => ({
  document: `mutation Drive($input: ${input}!) { ${field}(input: $input) { ${refusalFields} } }`,
  payload: nothing,
});
const provisionDrive = mutation('provisionDrive', 'ProvisionDriveInput');
const activateDrive = mutation('activateDrive', 'ActivateDriveInput');
const closeDrive = mutation('closeDrive', 'CloseDriveInput');
const extendDrive = mutation('extendDrive', 'ExtendDriveInput');
const shrinkDrive = mutation('shrinkDrive', 'ShrinkDriveInput');

/** Storage over its subgraph. */
export const storagePeer = (peer: PeerCall): StoragePeer => ({
  async hasRoom(quotaBytes, trace) {
    const data = await peer(
      'query Room($quota: Bytes!) { roomForDrive(quota: $quota) }',
      { quota: quotaBytes },
      traceOf(trace),
    );
    return z.object({ roomForDrive: z.boolean() }).parse(data).roomForDrive;
  },
  provisionDrive({ quotaBytes, ...wish }, call) {
    return callPeer(peer, provisionDrive, { ...wish, idempotencyKey: call.key, quota: quotaBytes }, call);
  },
  activateDrive: (grantId, call) => callPeer(peer, activateDrive, { idempotencyKey: call.key, grantId }, call),
  closeDrive: (wish, call) => callPeer(peer, closeDrive, { ...wish, idempotencyKey: call.key }, call),
  extendDrive({ quotaBytes, ...wish }, call) {
    return callPeer(peer, extendDrive, { ...wish, idempotencyKey: call.key, quota: quotaBytes }, call);
  },
  shrinkDrive: ({ extensionId, grantId }, call) =>
    callPeer(peer, shrinkDrive, { idempotencyKey: call.key, extensionId, grantId }, call),
});
