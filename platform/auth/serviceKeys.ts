import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { unavailable } from '../kernel/faults.js';
import { writeFileAtomically } from '../kernel/files.js';
import type { ServiceName } from '../kernel/services.js';
import type { ServiceTls } from '../tls/serviceTls.js';

/** What a service proves itself with: its key pair for the assertions it signs, its certificate, and what its peers have. */
export interface ServiceKeys {
  readonly service: ServiceName;
  readonly privateKey: CryptoKey;
  /** The public key of a peer. @throws Fault SUBGRAPH_UNAVAILABLE while the peer has not made its key yet */
  publicKeyOf(peer: ServiceName): Promise<CryptoKey>;
  /** Its certificate; absent: plain HTTP, which stays on loopback. */
  readonly tls?: ServiceTls;
  /** Tells the operator in a sentence what stands between this service and another. */
  readonly tell?: (sentence: string) => void;
}

const ALGORITHM = 'ES256';

/**
 * Loads a service's key pair from `<home>/keys/<service>/`, making it on the first start (ES256; 0700, private 0600).
 * Peers are read from `<home>/keys/<peer>/public.jwk`, or from the file that `publicKeyFiles` names for them, when
 * they are first needed: services start in any order.
 */
export async function loadServiceKeys(
  home: string,
  service: ServiceName,
  publicKeyFiles: Partial<Record<ServiceName, string>> = {},
  privateKeyFile = join(home, 'keys', service, 'private.jwk'),
): Promise<ServiceKeys> {
  const stored = await readJwk(privateKeyFile);
  const privateJwk = stored ?? (await makeKeyPair(join(home, 'keys', service)));
  const known = new Map<ServiceName, CryptoKey>();
  return {
    service,
    privateKey: await toKey(privateJwk),
    async publicKeyOf(peer) {
      const cached = known.get(peer);
      if (cached !== undefined) return cached;
      const jwk = await readJwk(publicKeyFiles[peer] ?? join(home, 'keys', peer, 'public.jwk'));
      if (jwk === null) throw unavailable(peer);
      const key = await toKey(jwk);
      known.set(peer, key);
      return key;
    },
  };
}

/** Makes the pair. The service's lock keeps two processes from doing it at once (platform/server/runDirectory.ts). */
async function makeKeyPair(folder: string): Promise<JWK> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const privateJwk = await exportJWK(privateKey);
  // The public half stands before the private one, so that a private key always has its public half.
  await writeFileAtomically(join(folder, 'public.jwk'), JSON.stringify(await exportJWK(publicKey)), 0o600);
  await writeFileAtomically(join(folder, 'private.jwk'), JSON.stringify(privateJwk), 0o600);
  return privateJwk;
}

async function readJwk(path: string): Promise<JWK | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as JWK;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function toKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, ALGORITHM);
  if (key instanceof Uint8Array) throw new Error('A service key must be an elliptic-curve key.');
  return key;
}
