import { z } from 'zod';
import { unauthenticated } from '../../../platform/kernel/faults.js';
import { ok } from '../../../platform/kernel/result.js';
import type { PeerCall } from '../../../platform/peers/peer.js';
import type { IdentityPort } from '../usecases/ports.js';
import { callPeer, type PeerMutation } from './callPeer.js';
import { refusalFields } from './refusalOf.js';

const exchangeToken: PeerMutation<{ accessToken: string; expiresAt: string }> = {
  field: 'exchangeToken',
  document: `mutation Exchange($input: ExchangeTokenInput!) {
    exchangeToken(input: $input) { accessToken expiresAt refusal { ${refusalFields} } }
  }`,
  payload: z.object({ accessToken: z.string(), expiresAt: z.string() }),
};

/** Identity over its subgraph. */
export const identityPeer = (peer: PeerCall): IdentityPort => ({
  async exchangeToken(token, { audience, scope }, trace) {
    const input = { subjectToken: token, audience, scopes: [scope] };
    const exchanged = await callPeer(peer, exchangeToken, input, null, trace);
    if (exchanged.ok) {
      return ok({ token: exchanged.value.accessToken, expiresAt: new Date(exchanged.value.expiresAt) });
    }
    if (exchanged.refusal.code === 'INVALID_SUBJECT_TOKEN') throw unauthenticated(exchanged.refusal.message);
    return exchanged;
  },
});
