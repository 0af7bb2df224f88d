import type { ApolloServerPlugin, GraphQLRequestContextWillSendResponse } from '@apollo/server';
import { GraphQLError } from 'graphql';
import { type Fault, notFound } from '../platform/kernel/faults.js';
import { httpStatusOf } from '../platform/server/errors.js';
import type { GatewayContext } from './context.js';
import { limitOf } from './publicErrors.js';
import type { TokenCheck } from './tokenCheck.js';

type Outgoing = GraphQLRequestContextWillSendResponse<GatewayContext>;
type SingleResult = Extract<Outgoing['response']['body'], { kind: 'single' }>['singleResult'];

/**
 * Gives an answer its public form: one refusal where the whole operation is refused, and the right HTTP status.
 * @param checkToken for operations that were answered without a subgraph
 */
export const answerPlugin = (checkToken: TokenCheck): ApolloServerPlugin<GatewayContext> => ({
  async requestDidStart() {
    return {
      async didResolveOperation({ operation }) {
        if (operation === undefined || operation === null) throw unknownOperation();
      },
      async willSendResponse(outgoing) {
        const { body } = outgoing.response;
        if (body.kind !== 'single') return;
        const fault = await refusalOf(outgoing, body.singleResult, checkToken);
        if (fault !== null) return refuse(outgoing, body.singleResult, fault);
        nameTheInvisible(body.singleResult);
        tellToSlowDown(outgoing, body.singleResult);
        suitOldClients(outgoing);
      },
    };
  },
});

/** Why the whole operation is refused, or null. */
async function refusalOf(outgoing: Outgoing, result: SingleResult, checkToken: TokenCheck): Promise<Fault | null> {
  const { verdict } = outgoing.contextValue;
  if (verdict.refusal !== null) return verdict.refusal;
  const limit = outgoing.errors?.map(limitOf).find((fault) => fault !== null);
  if (limit !== undefined) return limit;
  // What was never executed tells nothing to anybody, and is not worth a call.
  return result.data === undefined ? null : checkToken(outgoing.contextValue);
}

const unknownOperation = (): GraphQLError =>
  new GraphQLError('The document has no such operation, or has several and none is named.', {
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
  });

/** Replaces the whole answer by one refusal. */
function refuse(outgoing: Outgoing, result: SingleResult, fault: Fault): void {
  delete result.data;
  delete result.extensions;
  result.errors = [{ message: fault.message, extensions: { ...fault.extensions } }];
  if (fault.code === 'UNAUTHENTICATED') outgoing.response.http.headers.set('www-authenticate', 'Bearer');
  outgoing.response.http.status = httpStatusOf(fault);
}

/**
 * A thing that its own subgraph does not show to this caller comes back empty; where the schema promises its fields,
 * the gateway reports that in an extension of its own. The graph's word for it is NOT_FOUND at the place.
 */
function nameTheInvisible(result: SingleResult): void {
  const incomplete = result.extensions?.['valueCompletion'];
  if (!Array.isArray(incomplete)) return;
  delete result.extensions;
  const fault = notFound('thing, or you may not see it');
  result.errors = [
    ...(result.errors ?? []),
    ...(incomplete as GraphQLError[]).map(({ path }) => ({
      message: fault.message,
      ...(path === undefined ? {} : { path }),
      extensions: { code: fault.code },
    })),
  ];
}

/** An operation that was throttled as a whole says so in HTTP's own words as well. */
function tellToSlowDown(outgoing: Outgoing, result: SingleResult): void {
  const throttled = result.errors?.find((error) => codeOf(error) === 'RATE_LIMITED');
  if (throttled === undefined || Object.values(result.data ?? {}).some((value) => value !== null)) return;
  outgoing.response.http.status = 429;
  outgoing.response.http.headers.set('retry-after', String(throttled.extensions?.['retryAfterSeconds'] ?? 1));
}

const WRONG_DOCUMENT = ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT'];

/**
 * GraphQL over HTTP: to clients that do not accept application/graphql-response+json, a document that does not parse,
 * validate or coerce is an answer with status 200.
 */
function suitOldClients(outgoing: Outgoing): void {
  const { http } = outgoing.response;
  const accepted = outgoing.request.http?.headers.get('accept') ?? '';
  if (http.status !== 400 || accepted.includes('application/graphql-response+json')) return;
  if (outgoing.errors?.every((error) => WRONG_DOCUMENT.includes(codeOf(error)))) http.status = 200;
}

const codeOf = (error: { readonly extensions?: Readonly<Record<string, unknown>> | undefined }): string =>
  String(error.extensions?.['code']);
