import type { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { ASSERTION_HEADER, signAssertion } from '../auth/assertion.js';
import type { SignedRequest } from './signedRequest.js';

// Connections are kept between services; a handful serves hundreds of calls in parallel without unbounded sockets.
const agent = new Agent({ connections: 64, keepAliveTimeout: 60_000, pipelining: 1 });

/** What a peer answers, from its head on. */
interface PeerStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Must be read or destroyed. */
  readonly body: Readable;
}

/**
 * Calls a peer with the caller's assertion and, where there is one, the person's token; resolves with the answer's head.
 * @throws whatever the connection throws; the signal's reason, which ends the body too
 */
export async function signedStream(call: SignedRequest): Promise<PeerStream> {
  const assertion = await signAssertion(call.keys, {
    target: call.target,
    method: call.method,
    path: call.path,
    body: call.body ?? Buffer.alloc(0),
    token: call.token,
    clientIp: call.clientIp,
    userAgent: call.userAgent,
    requestId: call.requestId,
  });
  const { statusCode, headers, body } = await request(new URL(call.path, call.origin), {
    dispatcher: agent,
    method: call.method,
    headers: {
      ...(call.body === null ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
      ...(call.token === null ? {} : { authorization: `Bearer ${call.token}` }),
      [ASSERTION_HEADER]: assertion,
    },
    body: call.body,
    signal: call.signal,
  });
  return { status: statusCode, headers, body };
}
