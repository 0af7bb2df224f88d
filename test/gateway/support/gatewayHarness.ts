import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayConfig } from '../../../gateway/config.js';
import { startGateway } from '../../../gateway/main.js';
import { loadServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { unavailable } from '../../../platform/kernel/faults.js';
import { type SubgraphName, subgraphNames } from '../../../platform/kernel/services.js';
import { type FakeSubgraph, startFakeSubgraph } from './fakeSubgraph.js';
import { fakeResolvers } from './resolvers.js';

/** What the gateway answered. */
export interface GatewayAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; path?: unknown[]; extensions: Record<string, unknown> }[];
  readonly extensions?: unknown;
}

/** A gateway over HTTP with five fake subgraphs. */
export interface GatewayHarness {
  readonly url: string;
  readonly subgraphs: Readonly<Record<SubgraphName, FakeSubgraph>>;
  /** Sends an operation as JSON. */
  ask(
    query: string,
    options?: { variables?: object; headers?: Record<string, string>; rest?: object },
  ): Promise<GatewayAnswer>;
  /** Sends anything to the gateway. */
  send(path: string, init?: RequestInit): Promise<GatewayAnswer>;
  /** Ends the gateway alone. */
  stopGateway(): Promise<void>;
  /** Ends a subgraph; its address stays known. */
  down(name: SubgraphName): Promise<void>;
  /** Starts a subgraph again, on another port. */
  up(name: SubgraphName): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts it. @param options what to change in the gateway's configuration, whether the subgraphs are down at first, and how one
 * of a service's addresses is chosen, given the fake subgraph's
 */
export async function startGatewayHarness({
  withoutSubgraphs = false,
  addressOf = (_target, url) => url,
  ...config
}: Partial<GatewayConfig> & {
  withoutSubgraphs?: boolean;
  addressOf?: (target: SubgraphName, url: string) => string;
} = {}): Promise<GatewayHarness> {
  const home = await mkdtemp(join(tmpdir(), 'tollgate-gateway-'));
  const keys = await loadServiceKeys(home, 'gateway');
  const start = (name: SubgraphName) => startFakeSubgraph(name, home, fakeResolvers[name]);
  const subgraphs = Object.fromEntries(
    await Promise.all(subgraphNames.map(async (name) => [name, await start(name)] as const)),
  ) as Record<SubgraphName, FakeSubgraph>;
  if (withoutSubgraphs) await Promise.all(Object.values(subgraphs).map((subgraph) => subgraph.stop()));
  const gateway = await startGateway(
    {
      service: 'gateway',
      home,
      host: '127.0.0.1',
      variables: {},
      port: 0,
      issuer: 'http://tollgate.test',
      database: { ownerUrl: '', appUrl: '' },
      async peerUrl(target) {
        const url = subgraphs[target]?.url;
        if (url === undefined) throw unavailable(target);
        return addressOf(target, url);
      },
      keys,
    },
    { logLevel: 'silent', ...config },
  );
  const send = async (path: string, init?: RequestInit): Promise<GatewayAnswer> => {
    const response = await fetch(new URL(path, gateway.url), init ?? {});
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') ? (JSON.parse(text) as object) : {};
    return { ...json, status: response.status, headers: response.headers, text };
  };
  return {
    url: gateway.url,
    subgraphs,
    send,
    ask: (query, { variables, headers, rest } = {}) =>
      send('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
        body: JSON.stringify({ query, variables, ...rest }),
      }),
    stopGateway: () => gateway.stop(),
    down: (name) => subgraphs[name].stop(),
    async up(name) {
      subgraphs[name] = await start(name);
    },
    async stop() {
      await gateway.stop();
      await Promise.all(Object.values(subgraphs).map((subgraph) => subgraph.stop()));
      await rm(home, { recursive: true, force: true });
    },
  };
}
