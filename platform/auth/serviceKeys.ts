import { join } from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { unavailable } from '../kernel/faults.js';
import { writeFileAtomically } from '../kernel/files.js';
import { type ServiceName, serviceNames } from '../kernel/services.js';
import type { KeyFile } from '../keyFiles/keyFileError.js';
import { makeKeyFile, makeKeyFolder } from '../keyFiles/makeKeyFile.js';
import { type KeyFileContent, readKeyFile } from '../keyFiles/readKeyFile.js';
import { ServiceStartError } from '../server/runDirectory.js';
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
 * Loads a service's key pair from `<home>/keys/<service>/`, making it on the first start (ES256; 0700, private 0600). A private
 * key that `privateKeyFile` names is there already; its public half is put where the service's own is looked for.
 * Peers are read from `<home>/keys/<peer>/public.jwk`, or from the file that `publicKeyFiles` names for them, when
 * they are first needed: services start in any order.
 * @throws ServiceStartError naming file and setting where one of the files holds something else, or the named one is not there
 */
export async function loadServiceKeys(
  home: string,
  service: ServiceName,
  publicKeyFiles: Partial<Record<ServiceName, string>> = {},
  privateKeyFile?: string,
): Promise<ServiceKeys> {
  const publicFileOf = (peer: ServiceName): KeyFile => ({
    path: publicKeyFiles[peer] ?? join(home, 'keys', peer, 'public.jwk'),
    setting: `${peer.toUpperCase()}_PUBLIC_KEY_FILE`,
  });
  const own = join(home, 'keys', service);
  const file = { path: privateKeyFile ?? join(own, 'private.jwk'), setting: `${service.toUpperCase()}_KEY_FILE` };
  const stored = await readKeyFile(file, PRIVATE_KEY);
  // Made elsewhere, its public half would not be the one that peers have.
  if (stored === null && privateKeyFile !== undefined) throw missing(file, service);
  if (stored !== null) await sharePublicHalf(stored.jwk, file, publicFileOf(service));
  for (const peer of serviceNames) if (peer !== service) await readKeyFile(publicFileOf(peer), PUBLIC_KEY);
  const { key: privateKey } = stored ?? (await makeKeyPair(own, file.setting));
  const known = new Map<ServiceName, CryptoKey>();
  return {
    service,
    privateKey,
    async publicKeyOf(peer) {
      const cached = known.get(peer);
      if (cached !== undefined) return cached;
      const found = await readKeyFile(publicFileOf(peer), PUBLIC_KEY);
      if (found === null) throw unavailable(peer);
      known.set(peer, found.key);
      return found.key;
    },
  };
}

/** A key as it is written and as it is used. */
interface ReadKey {
  readonly jwk: JWK;
  readonly key: CryptoKey;
}

const keyContent = (type: 'private' | 'public'): KeyFileContent<ReadKey> => ({
  what: `${type} key (P-256) as a JWK`,
  async parse(text) {
    const jwk = JSON.parse(text) as JWK;
    const key = await importJWK(jwk, ALGORITHM);
    if (key instanceof Uint8Array || key.type !== type) throw new Error(`That is no ${type} key.`);
    return { jwk, key };
  },
});
const PRIVATE_KEY = keyContent('private');
const PUBLIC_KEY = keyContent('public');

/** Makes the pair. The service's lock keeps two processes from doing it at once (platform/server/runDirectory.ts). */
async function makeKeyPair(folder: string, setting: string): Promise<ReadKey> {
  await makeKeyFolder(folder, setting);
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  // The public half stands before the private one, so that a private key always has its public half.
  await writeFileAtomically(join(folder, 'public.jwk'), JSON.stringify(await exportJWK(publicKey)), 0o600);
  await writeFileAtomically(join(folder, 'private.jwk'), JSON.stringify(jwk), 0o600);
  return { jwk, key: privateKey };
}

/** Sees that peers which look where the public half is have that of this key; puts it there where there is none. */
async function sharePublicHalf(jwk: JWK, privateFile: KeyFile, publicFile: KeyFile): Promise<void> {
  const known = await readKeyFile(publicFile, PUBLIC_KEY);
  if (known === null) {
    const { kty, crv, x, y } = jwk;
    return makeKeyFile(publicFile, JSON.stringify({ kty, crv, x, y }));
  }
  if (known.jwk.x === jwk.x && known.jwk.y === jwk.y) return;
  throw new ServiceStartError(
    `${privateFile.path} and ${publicFile.path}, by which others check what it signs, are no pair; put both back from the backup, ` +
      `or correct ${privateFile.setting} and ${publicFile.setting}.`,
  );
}

const missing = ({ path, setting }: KeyFile, service: ServiceName): ServiceStartError =>
  new ServiceStartError(
    `${path} is not there; put the private key of ${service} there, correct ${setting}, or unset it to have a pair made in the data folder.`,
  );
