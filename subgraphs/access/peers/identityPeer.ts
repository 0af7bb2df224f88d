import { z } from 'zod';
import { forbidden, unauthenticated } from '../../../platform/kernel/faults.js';
import type { PeerCall } from '../../../platform/peers/peer.js';
import type { IdentityPeer } from '../usecases/ports/peers.js';
import { callPeer, type PeerMutation } from './callPeer.js';
import { refusalFields } from './peerRefusal.js';

const exchangeToken: PeerMutation<{ accessToken: string }> = {
  document: `mutation Exchange($input: ExchangeTokenInput!) {
    exchangeToken(input: $input) { accessToken ${refusalFields} }
  }`,
  payload: z.object({ accessToken: z.string() }),
};

/** Identity over its subgraph. */
export const identityPeer = (peer: PeerCall): IdentityPeer => ({
  async exchangeToken({ token, audience, scopes }, trace) {
    const exchanged = await callPeer(peer, exchangeToken, { subjectToken: token, audience, scopes }, trace);
    if (exchanged.ok) return exchanged.value.accessToken;
    if (exchanged.refusal.code === 'INVALID_SUBJECT_TOKEN') throw unauthenticated(exchanged.refusal.message);
    throw forbidden(`The token lacks the scope ${scopes.join(' ')}.`);
  },
});
