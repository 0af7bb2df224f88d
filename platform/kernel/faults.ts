import { GraphQLError } from 'graphql';

/** The closed set of top-level error codes that clients may rely on (contract.md, grammar rule 2). */
export type FaultCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'RATE_LIMITED'
  | 'LIMIT_EXCEEDED'
  | 'SUBGRAPH_UNAVAILABLE'
  | 'ASSERTION_INVALID'
  | 'INTERNAL';

/**
 * A fault whose message is fit for the public. Anything else that is thrown is masked as INTERNAL by the server.
 * It is a GraphQLError so that it keeps its code on the way through resolvers; nothing else of GraphQL is used.
 */
export class Fault extends GraphQLError {
  readonly code: FaultCode;

  constructor(code: FaultCode, message: string, extensions: Readonly<Record<string, unknown>> = {}) {
    super(message, { extensions: { ...extensions, code } });
    this.name = 'Fault';
    this.code = code;
  }
}

/** No token, or a bad or dead one. */
export const unauthenticated = (message = 'Log in first: send a valid access token as Authorization: Bearer.'): Fault =>
  new Fault('UNAUTHENTICATED', message);

/** The caller is known and may not do this. */
export const forbidden = (message = 'You may not do this.'): Fault => new Fault('FORBIDDEN', message);

/** There is no such thing, or the caller may not know of it: the same answer for both. */
export const notFound = (what: string): Fault => new Fault('NOT_FOUND', `There is no such ${what}.`);

/** The input is not of the form that the schema asks for. */
export const badUserInput = (message: string): Fault => new Fault('BAD_USER_INPUT', message);

/** Too many attempts; try again after the given time. */
export const rateLimited = (retryAfterSeconds: number): Fault =>
  new Fault('RATE_LIMITED', `Too many attempts. Try again in ${retryAfterSeconds} s.`, { retryAfterSeconds });

/** A query limit, named. */
export const limitExceeded = (limit: string, message: string): Fault => new Fault('LIMIT_EXCEEDED', message, { limit });

/** A service does not answer, or its answer cannot be trusted. */
export const unavailable = (service: string): Fault =>
  new Fault('SUBGRAPH_UNAVAILABLE', `The ${service} service does not answer. Try again later.`, { service });
