import { type ApolloServer, type BaseContext, HeaderMap, type HTTPGraphQLRequest } from '@apollo/server';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { badUserInput } from '../kernel/faults.js';
import { parseJson } from '../kernel/parseJson.js';
import { faultBody } from './errors.js';

/** Hands a request to Apollo Server and its answer to the client. */
export async function answerWithApollo<Context extends BaseContext>(
  server: ApolloServer<Context>,
  request: FastifyRequest,
  reply: FastifyReply,
  context: Context,
): Promise<void> {
  const graphqlRequest = toHttpGraphQLRequest(request);
  if (graphqlRequest === null) {
    reply.status(400).header('content-type', 'application/json; charset=utf-8');
    return reply.send(faultBody(badUserInput('The body is not a JSON object.')));
  }
  const answer = await server.executeHTTPGraphQLRequest({
    httpGraphQLRequest: graphqlRequest,
    context: async () => context,
  });
  reply.status(answer.status ?? 200);
  for (const [name, value] of answer.headers) reply.header(name, value);
  if (answer.body.kind === 'complete') return reply.send(answer.body.string);
  // Incremental delivery is not offered: the schema has no @defer or @stream.
  return reply.status(406).send();
}

function toHttpGraphQLRequest(request: FastifyRequest): HTTPGraphQLRequest | null {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const body = request.body instanceof Buffer ? parseJson(request.body.toString('utf8')) : {};
  if (body === undefined) return null;
  return {
    method: request.method,
    headers,
    search: new URL(request.url, 'http://tollgate.invalid').search,
    body,
  };
}
