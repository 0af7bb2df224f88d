import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadServiceKeys } from '../../platform/auth/serviceKeys.js';
import { unavailable } from '../../platform/kernel/faults.js';
import type { ServiceName, SubgraphName } from '../../platform/kernel/services.js';
import { signedRequest } from '../../platform/peers/signedRequest.js';
import type { DatabaseUrls, RunningService, ServiceSettings } from '../../platform/server/settings.js';
import { startTestIdentity, TEST_ISSUER, type TestIdentity } from './testIdentity.js';

/** What GraphQL answered. */
export interface Answer<Data> {
  readonly status: number;
  readonly data: Data | null;
  readonly errors: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string } & Record<string, unknown>;
  }[];
}

/** How a test calls the subgraph. */
export interface CallOptions {
  readonly token?: string;
  /** Which service calls; the gateway where not said. */
  readonly as?: ServiceName;
  /** The client's address. */
  readonly clientIp?: string;
}

/** One real subgraph over HTTP, with a stand-in for identity and a throw-away home. */
export interface SubgraphHarness {
  readonly identity: TestIdentity;
  readonly settings: ServiceSettings & { readonly service: SubgraphName };
  readonly url: string;
  /** Runs an operation as the gateway (or a named service) would. */
  call<Data>(document: string, variables?: Record<string, unknown>, options?: CallOptions): Promise<Answer<Data>>;
  /** Ends and starts the subgraph on the same database and home. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a subgraph for tests.
 * @param start the subgraph's own start function, as the command line calls it
 * @param peers where its other peers listen, by name; asked at each call, since they may restart on other ports
 */
export async function startSubgraphHarness(options: {
  readonly service: SubgraphName;
  readonly database: DatabaseUrls;
  readonly start: (settings: ServiceSettings & { readonly service: SubgraphName }) => Promise<RunningService>;
  readonly peers?: Partial<Record<SubgraphName, string>>;
}): Promise<SubgraphHarness> {
  const home = await mkdtemp(join(tmpdir(), 'tollgate-test-'));
  const identity = await startTestIdentity();
  const settings: ServiceSettings & { readonly service: SubgraphName } = {
    service: options.service,
    home,
    host: '127.0.0.1',
    port: 0,
    issuer: TEST_ISSUER,
    database: options.database,
    async peerUrl(target) {
      const url = options.peers?.[target] ?? (target === 'identity' ? identity.url : undefined);
      if (url === undefined) throw unavailable(target);
      return url;
    },
    keys: await loadServiceKeys(home, options.service),
    variables: {},
  };
  let running = await options.start(settings);
  return {
    identity,
    settings,
    get url() {
      return running.url;
    },
    async call<Data>(
      document: string,
      variables: Record<string, unknown> = {},
      { token, as = 'gateway', clientIp = '192.0.2.1' }: CallOptions = {},
    ) {
      const answer = await signedRequest({
        keys: await loadServiceKeys(home, as),
        target: options.service,
        origin: running.url,
        method: 'POST',
        path: '/graphql',
        body: Buffer.from(JSON.stringify({ query: document, variables })),
        token: token ?? null,
        headers: {},
        requestId: randomUUID(),
        clientIp,
        userAgent: 'test',
        signal: AbortSignal.timeout(30_000),
      });
      const body = JSON.parse(answer.body.toString('utf8')) as Partial<Answer<Data>>;
      return { status: answer.status, data: body.data ?? null, errors: body.errors ?? [] };
    },
    async restart() {
      await running.stop();
      running = await options.start(settings);
    },
    async stop() {
      await running.stop();
      await identity.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
