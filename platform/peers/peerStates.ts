import { type Dispatcher, request } from 'undici';
import { peersOf, type SubgraphName } from '../kernel/services.js';
import type { ServiceSettings } from '../server/settings.js';
import { avoidAddress, hasOtherAwake } from './peerAddresses.js';

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

/** Up where one of its replicas answers. */
async function stateOf(settings: Pick<ServiceSettings, 'peerUrl' | 'keys'>, peer: SubgraphName): Promise<PeerState> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const address = await settings.peerUrl(peer).catch(() => null);
    if (address === null) return 'down';
    if (await isAlive(address, settings.keys.tls?.dispatcherOf(peer), signal)) return 'up';
    avoidAddress(address, 'FAILED');
    if (signal.aborted || !hasOtherAwake(address)) return 'down';
  }
}

async function isAlive(address: string, dispatcher: Dispatcher | undefined, signal: AbortSignal): Promise<boolean> {
  try {
    const url = new URL('/health/live', address);
    const { statusCode, body } = await request(url, { signal, ...(dispatcher === undefined ? {} : { dispatcher }) });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
