import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { GraphQLResolverMap } from '@apollo/subgraph/dist/schema-helper/index.js';
import { graphql } from 'graphql';
import { ASSERTION_HEADER, verifyAssertion } from '../../../platform/auth/assertion.js';
import { loadServiceKeys } from '../../../platform/auth/serviceKeys.js';
import type { SubgraphName } from '../../../platform/kernel/services.js';
import { publicError } from '../../../platform/server/errors.js';
import { makeLogger } from '../../../platform/server/log.js';
import { scalarResolvers } from '../../../platform/server/scalars.js';
import { loadTypeDefs } from '../../../platform/server/typeDefs.js';

/** One call that a fake subgraph received. */
export interface ReceivedCall {
  readonly headers: IncomingMessage['headers'];
  readonly body: { readonly query?: string; readonly variables?: Record<string, unknown> };
}

/** An answer in place of GraphQL's: canned, or none at all. */
export type Canned =
  | 'hang'
  | 'reset'
  | { readonly status: number; readonly body: string; readonly contentType?: string };

/** A subgraph with its real schema, scalars and form of errors, and a few resolvers, over HTTP, that verifies the gateway's assertion. */
export interface FakeSubgraph {
  readonly url: string;
  readonly calls: ReceivedCall[];
  /** Answers every call so, until set back to null. */
  canned: Canned | null;
  stop(): Promise<void>;
}

/** Starts a fake subgraph. @param home where the gateway's keys are */
export async function startFakeSubgraph(
  name: SubgraphName,
  home: string,
  resolvers: GraphQLResolverMap<unknown>,
): Promise<FakeSubgraph> {
  const schema = buildSubgraphSchema({
    typeDefs: loadTypeDefs(name),
    resolvers: { ...scalarResolvers, ...resolvers },
  });
  const format = publicError(makeLogger(name, 'silent'));
  const keys = await loadServiceKeys(home, name);
  const calls: ReceivedCall[] = [];
  let canned: Canned | null = null;

  const execute = async (request: IncomingMessage, raw: Buffer): Promise<Exclude<Canned, string>> => {
    const assertion = request.headers[ASSERTION_HEADER];
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null;
    const call = { target: name, method: 'POST', path: String(request.url), body: raw, token };
    await verifyAssertion(keys, typeof assertion === 'string' ? assertion : undefined, call);
    const { query = '', variables } = JSON.parse(raw.toString('utf8')) as ReceivedCall['body'];
    const { errors, ...result } = await graphql({ schema, source: query, variableValues: variables ?? null });
    const formatted = errors === undefined ? {} : { errors: errors.map((error) => format(error.toJSON(), error)) };
    return { status: 200, body: JSON.stringify({ ...result, ...formatted }) };
  };

  /** Tells what came; a path with `broken` ends in the middle. */
  const answerDocument = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const assertion = request.headers[ASSERTION_HEADER];
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null;
    const path = String(request.url);
    const call = { target: name, method: 'GET', path, body: Buffer.alloc(0), token };
    await verifyAssertion(keys, typeof assertion === 'string' ? assertion : undefined, call);
    const status = token === null ? 401 : 200;
    response.writeHead(status, {
      'content-type': 'text/csv',
      'content-disposition': 'attachment',
      'x-inner': 'secret',
    });
    response.write(`${path} ${token}`, () => (path.includes('broken') ? response.destroy() : response.end()));
  };

  const server = createServer(async (request, response) => {
    if (request.method === 'GET' && /^\/(accounts|ledger)\//.test(request.url ?? '')) {
      await answerDocument(request, response);
      return;
    }
    if (request.method === 'GET') {
      const known = request.url === '/health/live' || request.url?.startsWith('/.well-known/');
      response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ from: name, path: request.url }));
      return;
    }
    const raw = await readBody(request);
    calls.push({ headers: request.headers, body: JSON.parse(raw.toString('utf8')) as ReceivedCall['body'] });
    if (canned === 'hang') return;
    if (canned === 'reset') return request.socket.destroy();
    const answer = canned ?? (await execute(request, raw));
    response.writeHead(answer.status, { 'content-type': answer.contentType ?? 'application/json' });
    response.end(answer.body);
  });
  await listen(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    get canned() {
      return canned;
    },
    set canned(value) {
      canned = value;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const listen = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
