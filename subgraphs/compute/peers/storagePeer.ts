import { z } from 'zod';
import { ok } from '../../../platform/kernel/result.js';
import type { PeerCall } from '../../../platform/peers/peer.js';
import type { StoragePort } from '../usecases/ports.js';
import { callPeer, type PeerMutation } from './callPeer.js';
import { refusalFields } from './refusalOf.js';

const pinJobInput: PeerMutation<unknown> = {
  field: 'pinJobInput',
  document: `mutation Pin($input: PinJobInputInput!) {
    pinJobInput(input: $input) { input { as } refusal { ${refusalFields} } }
  }`,
  payload: z.object({ input: z.object({ as: z.string() }) }),
};

const signed = z.object({ inputs: z.array(z.object({ as: z.string(), url: z.string(), sha256: z.string() })) });
const signJobInputs: PeerMutation<z.infer<typeof signed>> = {
  field: 'signJobInputs',
  document: `mutation Sign($input: SignJobInputsInput!) {
    signJobInputs(input: $input) { inputs { as url sha256 } refusal { ${refusalFields} } }
  }`,
  payload: signed,
};

const unpinJobInputs: PeerMutation<unknown> = {
  field: 'unpinJobInputs',
  document: `mutation Unpin($input: UnpinJobInputsInput!) {
    unpinJobInputs(input: $input) { inputs { as } refusal { ${refusalFields} } }
  }`,
  payload: z.object({ inputs: z.array(z.object({ as: z.string() })) }),
};

/** Storage over its subgraph. */
export const storagePeer = (peer: PeerCall): StoragePort => ({
  async pinJobInput({ key, ...pin }, token, trace) {
    const pinned = await callPeer(peer, pinJobInput, { ...pin, idempotencyKey: key }, token, trace);
    return pinned.ok ? ok(null) : pinned;
  },
  async signJobInputs(request, trace) {
    const answer = await callPeer(peer, signJobInputs, request, null, trace);
    return answer.ok ? ok(answer.value.inputs) : answer;
  },
  async unpinJobInputs({ key, jobId }, trace) {
    const unpinned = await callPeer(peer, unpinJobInputs, { idempotencyKey: key, jobId }, null, trace);
    return unpinned.ok ? ok(null) : unpinned;
  },
});
