import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadServiceKeys, type ServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { type ServiceName, type SubgraphName, serviceNames } from '../../../platform/kernel/services.js';
import { type PeerAnswer, signedRequest } from '../../../platform/peers/signedRequest.js';
import type { GraphCall, WholeGraph } from './wholeGraph.js';

/** A machine that one service ran on alone, in the hands of somebody else: its key pair, and its peers' public keys. */
export interface StolenMachine {
  readonly service: ServiceName;
  readonly keys: ServiceKeys;
  /** Its data folder. */
  readonly home: string;
  /** All on it that is no public key, as paths below its data folder. */
  readonly secrets: readonly string[];
  /** Calls a service's graph, signed with the stolen key. */
  ask(target: SubgraphName, call: GraphCall, pretended?: ServiceName): Promise<PeerAnswer>;
  /** Calls a plain route, signed likewise. */
  request(target: SubgraphName, method: 'GET' | 'POST', path: string, token: string | null): Promise<PeerAnswer>;
  remove(): Promise<void>;
}

/** Copies what a service's own machine would have, and nothing else, out of the home that all share in this test. */
export async function stealMachine(graph: WholeGraph, service: ServiceName): Promise<StolenMachine> {
  const home = await mkdtemp(join(tmpdir(), `tollgate-stolen-${service}-`));
  await cp(join(graph.home, 'keys', service), join(home, 'keys', service), { recursive: true });
  for (const peer of serviceNames.filter((name) => name !== service)) {
    const file = join('keys', peer, 'public.jwk');
    await cp(join(graph.home, file), join(home, file), { recursive: true });
  }
  const keys = await loadServiceKeys(home, service);
  const files = await readdir(home, { recursive: true });
  const send = (
    target: SubgraphName,
    what: { method: 'GET' | 'POST'; path: string; body: Buffer | null; token: string | null },
    as: ServiceName = service,
  ): Promise<PeerAnswer> =>
    signedRequest({
      keys: { ...keys, service: as },
      target,
      origin: graph.urlOf(target),
      headers: {},
      requestId: randomUUID(),
      clientIp: '192.0.2.1',
      userAgent: 'thief',
      signal: AbortSignal.timeout(30_000),
      ...what,
    });
  return {
    service,
    keys,
    home,
    secrets: files.filter((file) => /\.\w+$/.test(file) && !file.endsWith('public.jwk')),
    ask(target, { document, variables, token }, pretended) {
      const body = Buffer.from(JSON.stringify({ query: document, variables }));
      return send(target, { method: 'POST', path: '/graphql', body, token }, pretended);
    },
    request: (target, method, path, token) =>
      send(target, { method, path, body: method === 'GET' ? null : Buffer.from('{}'), token }),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}
