import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { Fault, type FaultCode } from '../kernel/faults.js';
import type { Logger } from './log.js';
import { publicMessage } from './publicMessage.js';

/** HTTP statuses of faults that concern a whole operation; the others are answers with status 200. */
const statuses: Partial<Record<FaultCode, number>> = {
  UNAUTHENTICATED: 401,
  ASSERTION_INVALID: 401,
  BAD_USER_INPUT: 400,
  LIMIT_EXCEEDED: 400,
  RATE_LIMITED: 429,
  SUBGRAPH_UNAVAILABLE: 503,
};

/** The status of a refused operation. */
export const httpStatusOf = (fault: Fault): number => statuses[fault.code] ?? 200;

/** Outside of the graph a missing right and a missing thing have statuses of their own. */
const documentStatuses: Partial<Record<FaultCode, number>> = { FORBIDDEN: 403, NOT_FOUND: 404, INTERNAL: 500 };

/** The status of a fault that is the answer of a plain route. */
export const documentStatusOf = (fault: Fault): number => documentStatuses[fault.code] ?? httpStatusOf(fault);

// Apollo's own codes for operations that do not parse, validate or coerce.
const CLIENT_CODES = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
]);

/** The body of an operation that is refused as a whole. */
export const faultBody = (fault: Fault): string =>
  JSON.stringify({ errors: [{ message: fault.message, extensions: fault.extensions }] });

/**
 * The one place where errors become public: faults keep code and message, an operation of the wrong form is
 * BAD_USER_INPUT without suggestions and values, everything else is logged once and masked as INTERNAL.
 */
export function publicError(log: Logger): (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError {
  return (formatted, error) => {
    const place = {
      ...(formatted.locations === undefined ? {} : { locations: formatted.locations }),
      ...(formatted.path === undefined ? {} : { path: formatted.path }),
    };
    const fault = faultOf(error);
    if (fault !== null) {
      // Where a scalar refused a variable, graphql-js says before the fault's words which variable, and where in it.
      const isPlaced = formatted.message.endsWith(`; ${fault.message}`);
      const message = isPlaced ? publicMessage(formatted.message) : fault.message;
      return { message, ...place, extensions: { ...fault.extensions } };
    }
    const code = formatted.extensions?.['code'];
    if (typeof code === 'string' && CLIENT_CODES.has(code)) {
      return { message: publicMessage(formatted.message), ...place, extensions: { code: 'BAD_USER_INPUT' } };
    }
    log.error({ err: error instanceof GraphQLError ? (error.originalError ?? error) : error }, 'unexpected error');
    return { message: 'Something went wrong here; it has been logged.', ...place, extensions: { code: 'INTERNAL' } };
  };
}

/** The fault at the root of an error, or null. */
export function faultOf(error: unknown): Fault | null {
  if (error instanceof Fault) return error;
  if (error instanceof GraphQLError && error.originalError !== undefined) return faultOf(error.originalError);
  return null;
}
