import type { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { ASSERTION_HEADER, signAssertion } from '../auth/assertion.js';
import { DRAINING_HEADER } from '../server/httpServer.js';
import { avoidAddress } from './peerAddresses.js';
import type { SignedRequest } from './signedRequest.js';

// Connections are kept between services; a handful serves hundreds of calls in parallel without unbounded sockets.
// An idle one is closed here before a peer that goes would do it, whatever its own limit is: what is sent while the other
// side closes may have arrived or not.
const IDLE_MS = 4_000;
const agent = new Agent({ connections: 64, keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: IDLE_MS, pipelining: 1 });

/** Errors of connections that never came about, so that nothing was sent. */
const unsent = new WeakSet<object>();
agent.on('connectionError', (_origin, _targets, error) => unsent.add(error));

const ATTEMPTS_MAX = 3;

/** What a peer answers, from its head on. */
interface PeerStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Must be read or destroyed. */
  readonly body: Readable;
}

/**
 * Calls a peer with the caller's assertion and, where there is one, the person's token; resolves with the answer's head.
 * Where its address is chosen, a call that was never sent, or that changes nothing, is tried again with another.
 * @throws whatever the connection throws; the signal's reason, which ends the body too
 */
export async function signedStream(call: SignedRequest): Promise<PeerStream> {
  for (let attempt = 1; ; attempt += 1) {
    const origin = typeof call.origin === 'string' ? call.origin : await call.origin();
    try {
      const answer = await send(call, origin);
      if (answer.headers[DRAINING_HEADER] !== undefined) avoidAddress(origin, 'DRAINING');
      return answer;
    } catch (error) {
      if (call.signal.aborted) throw error;
      avoidAddress(origin, 'FAILED');
      const mayRepeat = (error instanceof Error && unsent.has(error)) || (call.isSafe ?? call.method === 'GET');
      if (typeof call.origin === 'string' || !mayRepeat || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

async function send(call: SignedRequest, origin: string): Promise<PeerStream> {
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
  const { statusCode, headers, body } = await request(new URL(call.path, origin), {
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
