import type { GraphQLDataSource } from '@apollo/gateway';
import type { GraphQLFormattedError } from 'graphql';
import { Fault, unauthenticated, unavailable } from '../platform/kernel/faults.js';
import type { SubgraphName } from '../platform/kernel/services.js';
import { isQuery } from '../platform/peers/isQuery.js';
import { type PeerAnswer, signedRequest } from '../platform/peers/signedRequest.js';
import type { ServiceSettings } from '../platform/server/settings.js';
import { DEADLINE_HEADER } from '../platform/server/subgraph.js';
import type { GatewayContext } from './context.js';
import { readSubgraphAnswer, type SubgraphAnswer } from './subgraphAnswer.js';

type GatewayRequest = Pick<
  Parameters<GraphQLDataSource<GatewayContext>['process']>[0]['request'],
  'query' | 'variables' | 'operationName'
>;

/**
 * How the gateway asks one subgraph: over kept connections, signed by the gateway, within the client's one deadline. A
 * mutation that may have worked is never sent again; a query whose connection was lost is, to another replica. What does not answer in time, in form or at all is
 * SUBGRAPH_UNAVAILABLE for the fields that needed it; a bad or dead token refuses the whole operation.
 */
export function subgraphSource(target: SubgraphName, settings: ServiceSettings): GraphQLDataSource<GatewayContext> {
  return {
    async process(options) {
      const context = options.context as GatewayContext;
      const { data, errors } = await askSubgraph(target, settings, options.request, context);
      // The faults themselves, not copies: the gateway keeps them as the cause, from which they are made public.
      return { data, ...(errors.length === 0 ? {} : { errors: errors as readonly GraphQLFormattedError[] }) };
    },
  };
}

/**
 * Asks a subgraph one operation, and notes what it thinks of the token.
 * @throws Fault UNAUTHENTICATED for a bad or dead token, SUBGRAPH_UNAVAILABLE for no usable answer
 */
export async function askSubgraph(
  target: SubgraphName,
  settings: ServiceSettings,
  request: GatewayRequest,
  context: GatewayContext,
): Promise<SubgraphAnswer> {
  // The token was refused already: what would come back is thrown away, what would be done must not be.
  if (context.verdict.refusal !== null) throw context.verdict.refusal;
  context.verdict.asked = true;
  const answer = await send(target, settings, request, context);
  const read = answer.contentType.includes('json') ? readSubgraphAnswer(answer.body) : null;
  return accept(target, answer, read, context);
}

async function send(
  target: SubgraphName,
  settings: ServiceSettings,
  request: GatewayRequest,
  context: GatewayContext,
): Promise<PeerAnswer> {
  const remainingMs = Math.floor(context.deadlineAt - Date.now());
  if (remainingMs <= 0) throw unavailable(target);
  const { query, variables, operationName } = request;
  try {
    return await signedRequest({
      keys: settings.keys,
      target,
      // Asked for at each call: processes restart on other ports.
      origin: () => settings.peerUrl(target),
      method: 'POST',
      path: '/graphql',
      body: Buffer.from(JSON.stringify({ query, variables, operationName })),
      isSafe: query !== undefined && isQuery(query),
      answerWithinMs: remainingMs,
      token: context.token,
      headers: { [DEADLINE_HEADER]: String(remainingMs) },
      requestId: context.requestId,
      clientIp: context.clientIp,
      userAgent: context.userAgent,
      signal: AbortSignal.timeout(remainingMs),
    });
  } catch (error) {
    context.log.warn({ target, err: error }, 'a subgraph does not answer');
    throw unavailable(target);
  }
}

/** Tells an answer to go on with from one that cannot be used. */
function accept(
  target: SubgraphName,
  { status }: PeerAnswer,
  read: SubgraphAnswer | null,
  context: GatewayContext,
): SubgraphAnswer {
  const [first] = read?.errors ?? [];
  if (status === 401 && first?.code === 'UNAUTHENTICATED') {
    context.verdict.refusal = unauthenticated(first.message);
    throw context.verdict.refusal;
  }
  // A service behind the subgraph may be what is missing: it keeps its name.
  if (status >= 500 && first?.code === 'SUBGRAPH_UNAVAILABLE')
    throw new Fault(first.code, first.message, first.extensions);
  if (read === null || status === 401 || status >= 500) {
    context.log.warn({ target, status, code: first?.code }, 'the answer of a subgraph cannot be used');
    throw unavailable(target);
  }
  return read;
}
