import { request } from 'undici';
import { peersOf, type SubgraphName } from '../platform/kernel/services.js';
import type { ServiceSettings } from '../platform/server/settings.js';

/** Whether a subgraph answers. */
type PeerState = 'up' | 'down';

const PATIENCE_MS = 1_000;

/** How the subgraphs are, for people to read: the gateway answers with what is there, so they do not decide. */
export async function peerStates(settings: ServiceSettings): Promise<Record<string, PeerState>> {
  const states = await Promise.all(peersOf.gateway.map(async (peer) => [peer, await stateOf(settings, peer)] as const));
  return Object.fromEntries(states);
}

async function stateOf(settings: ServiceSettings, peer: SubgraphName): Promise<PeerState> {
  try {
    const url = new URL('/health/live', await settings.peerUrl(peer));
    const dispatcher = settings.keys.tls?.dispatcherOf(peer);
    const { statusCode, body } = await request(url, {
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
    await body.dump();
    return statusCode === 200 ? 'up' : 'down';
  } catch {
    return 'down';
  }
}
