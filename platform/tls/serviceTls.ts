import type { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Agent, Dispatcher } from 'undici';
import type { ServiceName } from '../kernel/services.js';
import { makePeerAgent } from '../peers/peerAgent.js';
import {
  type CertificateFiles,
  type CertificateMaterial,
  type CertificateRules,
  isSignedBy,
  readCertificateFiles,
} from './certificateFiles.js';
import { peerTrouble } from './peerTrouble.js';

const LOOK_EVERY_MS = 30_000;
/** Node's own two minutes would let anybody keep connections for nothing. */
const HANDSHAKE_MS = 5_000;
const DAY_MS = 24 * 3_600_000;
const WARN_MS = 30 * DAY_MS;

/** TLS of one service: its certificate toward everybody, and how it knows its peers. */
export interface ServiceTls {
  readonly files: CertificateFiles;
  /** A server with the certificate. Clients may show one of their own (clientCertificate.ts). */
  serve(handler: RequestListener): Server;
  /** Kept connections to a peer, which must be that service by its certificate; ours is shown. */
  dispatcherOf(peer: ServiceName): Dispatcher;
  /** Whether one that was taken when its connection began is still signed by an authority that is trusted. */
  isTrusted(certificate: X509Certificate): boolean;
  /** Looks at the files, and takes what changed in them for connections from now on. What is wrong about it is told. */
  look(): Promise<void>;
  /** Stops looking, and closes connections to peers once they are idle. */
  close(): Promise<void>;
}

/**
 * Opens a service's certificate, and looks every half minute whether its files have changed.
 * @param tell tells the operator in a sentence what is wrong, or soon will be
 * @param lookEveryMs another time than half a minute
 * @throws ServiceStartError as readCertificateFiles does
 */
export async function openServiceTls(options: {
  readonly files: CertificateFiles;
  readonly rules: Omit<CertificateRules, 'now'>;
  readonly tell: (sentence: string) => void;
  readonly lookEveryMs?: number;
}): Promise<ServiceTls> {
  const { files, rules, tell, lookEveryMs = LOOK_EVERY_MS } = options;
  const readNow = (): Promise<CertificateMaterial> => readCertificateFiles(files, { ...rules, now: new Date() });
  const servers = new Set<Server>();
  const agents = new Map<ServiceName, Agent>();
  let version = await versionOf(files);
  let material = await readNow();
  /** What was no good at the last look: certificate and key are two files, which nobody changes at the same moment. */
  let badVersion: string | null = null;
  let toldVersion: string | null = null;
  let warnedAt = 0;
  const caAtStart = material.ca;
  /** What was found of certificates by the present authorities. */
  let trusted = new WeakMap<X509Certificate, boolean>();
  tellEnd();

  function tellEnd(): void {
    const now = Date.now();
    if (material.endsAt.getTime() - now > WARN_MS || now - warnedAt < DAY_MS) return;
    warnedAt = now;
    tell(
      `The certificate in ${files.certificateFile}, or its authority, ends at ${material.endsAt.toISOString()}; renew it by then.`,
    );
  }

  async function look(): Promise<void> {
    const found = await versionOf(files);
    tellEnd();
    if (found === version) return;
    try {
      material = await readNow();
    } catch (error) {
      if (found === badVersion && found !== toldVersion) {
        tell(`${error instanceof Error ? error.message : String(error)} The certificate from before stays in use.`);
        toldVersion = found;
      }
      badVersion = found;
      return;
    }
    version = found;
    trusted = new WeakMap();
    for (const server of servers) server.setSecureContext(material);
    const before = [...agents.values()];
    agents.clear();
    // What is under way on them is answered first.
    for (const agent of before) agent.close().catch(() => undefined);
  }

  const timer = setInterval(() => void look(), lookEveryMs).unref();

  return {
    files,
    serve(handler) {
      // A browser has no certificate: which routes need one is decided where it is known who calls.
      const server = createServer(
        { ...material, requestCert: true, rejectUnauthorized: false, handshakeTimeout: HANDSHAKE_MS },
        handler,
      );
      servers.add(server);
      server.once('close', () => servers.delete(server));
      return server;
    },
    dispatcherOf(peer) {
      const known = agents.get(peer);
      if (known !== undefined) return known;
      const { cert, key, ca } = material;
      const made = makePeerAgent({
        cert,
        key,
        ca,
        minVersion: 'TLSv1.3',
        // A resumed session would not be looked at again.
        maxCachedSessions: 0,
        checkServerIdentity: (host, certificate) => peerTrouble(peer, host, certificate),
      });
      agents.set(peer, made);
      return made;
    },
    isTrusted(certificate) {
      // Who was trusted in the handshake is, as long as the authorities are those of then.
      if (material.ca === caAtStart) return true;
      const known = trusted.get(certificate);
      if (known !== undefined) return known;
      const isSo = isSignedBy(certificate, material);
      trusted.set(certificate, isSo);
      return isSo;
    },
    look,
    async close() {
      clearInterval(timer);
      await Promise.all([...agents.values()].map((agent) => agent.close()));
    },
  };
}

/** Changes with the files; one that is missing counts as a version, too. */
async function versionOf(files: CertificateFiles): Promise<string> {
  const versions = [files.certificateFile, files.keyFile, files.caFile].map(async (file) => {
    const { ino, mtimeNs } = await stat(file, { bigint: true }).catch(() => ({ ino: 0n, mtimeNs: 0n }));
    return `${ino} ${mtimeNs}`;
  });
  return (await Promise.all(versions)).join(' ');
}
