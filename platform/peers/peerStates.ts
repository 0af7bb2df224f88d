import { request } from 'undici';
import { peersOf, type SubgraphName } from '../kernel/services.js';
import type { ServiceSettings } from '../server/settings.js';

/** Whether a subgraph answers. */
type PeerState = 'up' | 'down';
/** By the peer's name. */
type PeerStates = Readonly<Record<string, PeerState>>;

const PATIENCE_MS = 1_000;

/**
 * Looks at the subgraphs that a service calls, for people to read: a service answers with what is there, so they do not decide
 * whether it is ready. All are asked at once, each for a second at most; who asks meanwhile gets the same answer, so that many
 * questions are no more calls than one.
 */
export function watchPeers(settings: Pick<ServiceSettings, 'service' | 'peerUrl' | 'keys'>): () => Promise<PeerStates> {
  let looking: Promise<PeerStates> | null = null;
  const look = async (): Promise<PeerStates> =>
    Object.fromEntries(
      await Promise.all(peersOf[settings.service].map(async (peer) => [peer, await stateOf(settings, peer)] as const)),
    );
  return () => {
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  };
}

async function stateOf(settings: Pick<ServiceSettings, 'peerUrl' | 'keys'>, peer: SubgraphName): Promise<PeerState> {
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
