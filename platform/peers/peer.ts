import { z } from 'zod';
import { Fault, type FaultCode, unavailable } from '../kernel/faults.js';
import { limits } from '../kernel/limits.js';
import { parseJson } from '../kernel/parseJson.js';
import type { SubgraphName } from '../kernel/services.js';
import type { ServiceSettings } from '../server/settings.js';
import { DEADLINE_HEADER } from '../server/subgraph.js';
import { isQuery } from './isQuery.js';
import { signedRequest } from './signedRequest.js';

/** On whose behalf, and until when, a peer is called. */
export interface PeerCallOptions {
  /** A person's (exchanged) token; absent: the call is the service's own. */
  readonly token?: string;
  readonly requestId: string;
  readonly clientIp?: string;
  readonly userAgent?: string;
  /** When the answer must be there, in milliseconds since the epoch; absent: the subgraph deadline from now. */
  readonly deadlineAt?: number;
}

/**
 * Runs a GraphQL operation on a peer and gives its data. Errors of the operation are thrown as the first one's Fault;
 * a peer that does not answer in time, refuses the assertion or answers nonsense is SUBGRAPH_UNAVAILABLE. A query that
 * is not answered is asked of another replica; a mutation never, and after that fault it is unknown whether the peer did the work:
 * repeat with the same idempotency key.
 */
export type PeerCall = <Data>(
  document: string,
  variables: Readonly<Record<string, unknown>>,
  options: PeerCallOptions,
) => Promise<Data>;

const answerSchema = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.record(z.string(), z.unknown()).optional() }))
    .optional(),
});

const PASSED_ON: readonly FaultCode[] = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'RATE_LIMITED',
  'LIMIT_EXCEEDED',
  'SUBGRAPH_UNAVAILABLE',
  'INTERNAL',
];

/** A way to call one peer, over kept connections. */
export function connectPeer(settings: ServiceSettings, target: SubgraphName): PeerCall {
  return async <Data>(document: string, variables: Readonly<Record<string, unknown>>, options: PeerCallOptions) => {
    const remainingMs = Math.min(
      (options.deadlineAt ?? Number.POSITIVE_INFINITY) - Date.now(),
      limits.subgraphDeadlineMs,
    );
    if (remainingMs <= 0) throw unavailable(target);
    const answer = await signedRequest({
      keys: settings.keys,
      target,
      origin: () => settings.peerUrl(target),
      method: 'POST',
      path: '/graphql',
      body: Buffer.from(JSON.stringify({ query: document, variables }, bigintAsText)),
      token: options.token ?? null,
      isSafe: isQuery(document),
      answerWithinMs: remainingMs,
      headers: { [DEADLINE_HEADER]: String(Math.floor(remainingMs)) },
      requestId: options.requestId,
      clientIp: options.clientIp ?? '',
      userAgent: options.userAgent ?? `tollgate-${settings.service}`,
      signal: AbortSignal.timeout(remainingMs),
    }).catch(() => {
      throw unavailable(target);
    });
    return dataOf<Data>(answer.body, target);
  };
}

function dataOf<Data>(body: Buffer, target: SubgraphName): Data {
  const answer = answerSchema.safeParse(parseJson(body.toString('utf8')));
  if (!answer.success) throw unavailable(target);
  const [error] = answer.data.errors ?? [];
  if (error !== undefined) throw toFault(error, target);
  if (answer.data.data == null) throw unavailable(target);
  // The document is this service's own and the peer's schema is composed with ours: the shape is what was asked for.
  return answer.data.data as Data;
}

function toFault(
  error: { message: string; extensions?: Record<string, unknown> | undefined },
  target: SubgraphName,
): Fault {
  const code = PASSED_ON.find((known) => known === error.extensions?.['code']);
  return code === undefined ? unavailable(target) : new Fault(code, error.message, error.extensions);
}

const bigintAsText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
