import { Fault, type FaultCode } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { RefusalCode } from '../../../platform/kernel/refusals/registry.js';

/** Error codes of the token endpoint: RFC 6749 section 5.2, RFC 8628 section 3.5, RFC 8693 section 2.2.2. */
type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'authorization_pending'
  | 'slow_down'
  | 'access_denied'
  | 'expired_token'
  | 'temporarily_unavailable'
  | 'server_error';

/** An answer of the token endpoint that is no token. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: OAuthErrorCode,
    description: string,
    extra: { status?: number; headers?: Record<string, string> } = {},
  ) {
    super(description);
    this.name = 'OAuthError';
    this.code = code;
    this.status = extra.status ?? 400;
    this.headers = extra.headers ?? {};
  }

  /** The answer's body. RFC 6749 keeps the description to printable ASCII without quotes and backslashes. */
  get body(): { readonly error: OAuthErrorCode; readonly error_description: string } {
    return { error: this.code, error_description: this.message.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'") };
  }
}

/** The client did not prove who it is; it may do so by HTTP Basic. */
export const invalidClient = (description: string): OAuthError =>
  new OAuthError('invalid_client', description, {
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="Tollgate", charset="UTF-8"' },
  });

/** The request lacks something, has it twice, or in a wrong form. */
export const invalidRequest = (description: string): OAuthError => new OAuthError('invalid_request', description);

const ofRefusals: Partial<Record<RefusalCode, OAuthErrorCode>> = {
  SCOPE_EXCEEDED: 'invalid_scope',
  INVALID_REFRESH_TOKEN: 'invalid_grant',
  UNKNOWN_AUDIENCE: 'invalid_target',
  AUDIENCE_NOT_ALLOWED: 'invalid_target',
  AUTHORIZATION_PENDING: 'authorization_pending',
  SLOW_DOWN: 'slow_down',
  ACCESS_DENIED: 'access_denied',
  EXPIRED_TOKEN: 'expired_token',
};

/** A use case's refusal as the token endpoint says it. */
export function errorOfRefusal({ code, message }: Refusal): OAuthError {
  if (code === 'INVALID_CREDENTIALS') return invalidClient(message);
  // Nothing is wrong with the request: the same one may be sent again.
  if (code === 'DIRECTORY_UNAVAILABLE') return new OAuthError('temporarily_unavailable', message, { status: 503 });
  return new OAuthError(ofRefusals[code] ?? 'invalid_request', message);
}

const ofFaults: Partial<Record<FaultCode, (fault: Fault) => OAuthError>> = {
  // The token to exchange is what is not valid: the client has authenticated, or need not.
  UNAUTHENTICATED: ({ message }) => invalidRequest(message),
  ASSERTION_INVALID: ({ message }) => invalidClient(message),
  FORBIDDEN: ({ message }) => new OAuthError('unauthorized_client', message),
  RATE_LIMITED: ({ message, extensions }) =>
    new OAuthError('temporarily_unavailable', message, {
      status: 429,
      headers: { 'retry-after': String(extensions['retryAfterSeconds']) },
    }),
  SUBGRAPH_UNAVAILABLE: ({ message }) => new OAuthError('temporarily_unavailable', message, { status: 503 }),
};

/** A thrown error as the token endpoint says it; null for one that nobody foresaw. */
export function errorOfThrown(error: unknown): OAuthError | null {
  if (error instanceof OAuthError) return error;
  return error instanceof Fault ? (ofFaults[error.code]?.(error) ?? null) : null;
}
