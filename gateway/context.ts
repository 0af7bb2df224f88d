import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { type Fault, unauthenticated } from '../platform/kernel/faults.js';
import type { Logger } from '../platform/server/log.js';

/** What a client's request hands to every call to a subgraph; no other header of the client travels on. */
export interface GatewayContext {
  /** The bearer token, for the subgraphs to verify; null for an anonymous request. */
  readonly token: string | null;
  readonly requestId: string;
  readonly clientIp: string;
  readonly userAgent: string;
  /** When the answer must be out, in milliseconds since the epoch: one deadline for all calls of the request. */
  readonly deadlineAt: number;
  readonly log: Logger;
  /**
   * What the subgraphs think of the token. `asked`: at least one was asked, and verifies it. `refusal`: set by the first
   * that finds it bad or dead: the whole operation is refused with it.
   */
  readonly verdict: { asked: boolean; refusal: Fault | null };
}

const REQUEST_ID = /^[\w.-]{1,64}$/;
// It travels inside the assertion's header; longer ones tell nobody more.
const USER_AGENT_CHARACTERS_MAX = 256;

/**
 * Reads what a request may say about itself.
 * @throws Fault UNAUTHENTICATED for an Authorization header that is not a bearer token
 */
export function contextOf(request: FastifyRequest, deadlineMs: number, log: Logger): GatewayContext {
  const origin = originOf(request);
  return {
    token: bearerOf(request),
    ...origin,
    deadlineAt: Date.now() + deadlineMs,
    log: log.child({ requestId: origin.requestId }),
    verdict: { asked: false, refusal: null },
  };
}

/** Where a request comes from, as the gateway signs it. */
export const originOf = (request: FastifyRequest): Pick<GatewayContext, 'requestId' | 'clientIp' | 'userAgent'> => ({
  requestId: requestIdOf(request),
  clientIp: request.ip,
  userAgent: (request.headers['user-agent'] ?? '').slice(0, USER_AGENT_CHARACTERS_MAX),
});

/** The client's X-Request-Id where it is a plain one, else a fresh one. */
function requestIdOf(request: FastifyRequest): string {
  const wished = request.headers['x-request-id'];
  return typeof wished === 'string' && REQUEST_ID.test(wished) ? wished : randomUUID();
}

function bearerOf(request: FastifyRequest): string | null {
  const header = request.headers.authorization;
  if (header === undefined) return null;
  const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(header)?.[1];
  // Sent, but unreadable: never treated as anonymous.
  if (token === undefined) throw unauthenticated('The Authorization header must be "Bearer" and an access token.');
  return token;
}
