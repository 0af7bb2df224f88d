import { randomUUID } from 'node:crypto';
import { readEnvironment } from '../../../cli/environment.js';
import { hostService } from '../../../cli/hosted.js';
import { waitUntilReady } from '../../../cli/ready.js';
import { openTransport, type ServiceTransport } from '../../../cli/serviceTls.js';
import { loadServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { type ServiceName, type SubgraphName, serviceNames, subgraphNames } from '../../../platform/kernel/services.js';
import { signedRequest } from '../../../platform/peers/signedRequest.js';
import type { RunningService } from '../../../platform/server/settings.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { freePort, makeHome } from '../../support/program.js';

/** What a call was answered, as text too, to be searched for what must not stand in it. */
export interface GraphText {
  readonly status: number;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>> | null;
  /** The codes of its errors, each once. */
  readonly codes: readonly string[];
}

/** One operation. */
export interface GraphCall {
  readonly document: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly token: string | null;
}

/** All five subgraphs and the gateway in this process, as the command line starts them, on databases of their own. */
export interface WholeGraph {
  readonly home: string;
  readonly gatewayUrl: string;
  urlOf(service: ServiceName): string;
  readonly databases: ReadonlyMap<SubgraphName, TestDatabase>;
  /** As any client. */
  viaGateway(call: GraphCall): Promise<GraphText>;
  /** At a subgraph's own port, as the gateway or a peer would call it. */
  straight(service: SubgraphName, call: GraphCall, as?: ServiceName): Promise<GraphText>;
  /** At a subgraph's own port, as somebody who found it: without an assertion. */
  unsigned(service: SubgraphName, call: GraphCall): Promise<GraphText>;
  /** Has every service with TLS look at its files now, and not within half a minute. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts it.
 * @param configured variables besides those of this test's folders, ports and databases
 * @param prepare puts what it starts with into its data folder, such as certificates
 */
export async function startWholeGraph(
  configured: Readonly<Record<string, string>> = {},
  prepare: (home: string) => Promise<void> = async () => undefined,
): Promise<WholeGraph> {
  const { home, remove } = await makeHome();
  await prepare(home);
  const databases = new Map<SubgraphName, TestDatabase>();
  for (const name of subgraphNames) databases.set(name, await freshDatabase(name));
  const variables: NodeJS.ProcessEnv = { TOLLGATE_HOME: home, TOLLGATE_PORT: String(await freePort()), ...configured };
  for (const [name, { appUrl, ownerUrl }] of databases) {
    variables[`${name.toUpperCase()}_DATABASE_URL`] = appUrl;
    variables[`${name.toUpperCase()}_MIGRATION_URL`] = ownerUrl;
  }
  const environment = readEnvironment(variables, process.getuid?.());
  const running = new Map<ServiceName, RunningService>();
  const transports = new Map<ServiceName, ServiceTransport>();
  for (const name of ['identity', ...serviceNames.filter((one) => one !== 'identity')] as const) {
    const transport = await openTransport(environment, name);
    transports.set(name, transport);
    running.set(name, await hostService(environment, name, transport));
  }
  for (const { name, url } of running.values())
    await waitUntilReady(url, { dispatcher: transports.get(name)?.tls?.dispatcherOf(name) });
  const urlOf = (name: ServiceName): string => running.get(name)?.url ?? '';
  const post = async (url: string, { document, variables, token }: GraphCall): Promise<GraphText> => {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query: document, variables }),
    });
    return toGraphText(answer.status, await answer.text());
  };
  return {
    home,
    gatewayUrl: urlOf('gateway'),
    urlOf,
    databases,
    viaGateway: (call) => post(urlOf('gateway'), call),
    unsigned: (service, call) => post(urlOf(service), call),
    async straight(service, { document, variables, token }, as = 'gateway') {
      const answer = await signedRequest({
        keys: await loadServiceKeys(home, as),
        target: service,
        origin: urlOf(service),
        method: 'POST',
        path: '/graphql',
        body: Buffer.from(JSON.stringify({ query: document, variables })),
        token,
        headers: {},
        requestId: randomUUID(),
        clientIp: '192.0.2.1',
        userAgent: 'test',
        signal: AbortSignal.timeout(30_000),
      });
      return toGraphText(answer.status, answer.body.toString('utf8'));
    },
    async look() {
      for (const { tls } of transports.values()) await tls?.look();
    },
    async stop() {
      for (const service of [...running.values()].reverse()) await service.stop();
      for (const { tls } of transports.values()) await tls?.close();
      for (const database of databases.values()) await database.drop();
      await remove();
    },
  };
}

function toGraphText(status: number, text: string): GraphText {
  const { data, errors } = JSON.parse(text) as {
    readonly data?: Readonly<Record<string, unknown>> | null;
    readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
  };
  const codes = (errors ?? []).map(({ extensions }) => extensions.code);
  return { status, text, data: data ?? null, codes: [...new Set(codes)] };
}
