import type { GraphQLFormattedError } from 'graphql';
import { type Fault, limitExceeded } from '../platform/kernel/faults.js';
import { faultOf, publicError } from '../platform/server/errors.js';
import type { Logger } from '../platform/server/log.js';
import { givenUpLimitOf } from './queryLimits.js';

type FormatError = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/** The limit that an error is about, or null. */
export function limitOf(error: unknown): Fault | null {
  const fault = faultOf(error);
  if (fault !== null) return fault.code === 'LIMIT_EXCEEDED' && fault.path === undefined ? fault : null;
  if (error instanceof Error && error.message === 'Operation batching disabled.') {
    return limitExceeded('batch', 'Send one operation in a request.');
  }
  return givenUpLimitOf(error);
}

/** How errors become public at the gateway: limits by name, the rest as in every service. */
export function gatewayErrors(log: Logger): FormatError {
  const format = publicError(log);
  return (formatted, error) => {
    const limit = limitOf(error);
    if (limit !== null) return { message: limit.message, extensions: limit.extensions };
    // Persisted operations are a dialogue: clients look for exactly this code.
    if (formatted.extensions?.['code'] === 'PERSISTED_QUERY_NOT_FOUND') return formatted;
    return format(formatted, error);
  };
}
