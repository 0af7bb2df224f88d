import type { Readable } from 'node:stream';
import { request } from 'undici';
import { ASSERTION_HEADER, signAssertion } from '../auth/assertion.js';
import { answerClockTrouble } from '../auth/clockTrouble.js';
import { isLoopback } from '../kernel/loopback.js';
import { DRAINING_HEADER } from '../server/httpServer.js';
import { connectionTrouble } from '../tls/connectionTrouble.js';
import { avoidAddress, hasOtherAwake } from './peerAddresses.js';
import { keptSilent, makePeerAgent, wasNeverSent } from './peerAgent.js';
import type { SignedRequest } from './signedRequest.js';

/** Without TLS. */
const agent = makePeerAgent();

const ATTEMPTS_MAX = 3;
/** Who says nothing for less may be busy. */
const SILENCE_MS = 1_000;

/** What a peer answers, from its head on. */
interface PeerStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Must be read or destroyed. */
  readonly body: Readable;
}

/**
 * Calls a peer with the caller's assertion and, where there is one, the person's token; resolves with the answer's head.
 * Where its address is chosen, a call that was never sent, or that changes nothing, is tried again with another. What the
 * operator can mend about certificates and clocks is told (ServiceKeys.tell). An address that kept silent is left alone.
 * @throws whatever the connection throws; the signal's reason, which ends the body too
 */
export async function signedStream(call: SignedRequest): Promise<PeerStream> {
  for (let attempt = 1; ; attempt += 1) {
    const origin = typeof call.origin === 'string' ? call.origin : await call.origin();
    refusePlain(call, origin);
    const sentAt = performance.now();
    try {
      const answer = await send(call, origin, attempt < ATTEMPTS_MAX ? silenceMax(call, origin) : null);
      if (answer.headers[DRAINING_HEADER] !== undefined) avoidAddress(origin, 'DRAINING');
      return answer;
    } catch (error) {
      if (call.signal.aborted) {
        // A client that hangs up says nothing about the peer; one that was asked at the last moment is not to blame.
        if (isTimeout(call.signal.reason) && performance.now() - sentAt >= SILENCE_MS) avoidAddress(origin, 'SILENT');
        throw error;
      }
      avoidAddress(origin, keptSilent(error) ? 'SILENT' : 'FAILED');
      const explained = withTrouble(error, call, origin);
      const mayRepeat = wasNeverSent(error) || isSafe(call);
      if (typeof call.origin === 'string' || !mayRepeat || attempt === ATTEMPTS_MAX) throw explained;
    }
  }
}

const isSafe = (call: SignedRequest): boolean => call.isSafe ?? call.method === 'GET';

const isTimeout = (reason: unknown): boolean => reason instanceof DOMException && reason.name === 'TimeoutError';

/** After what silence, in milliseconds, another replica is asked; null: there is none, or it may not be asked. */
function silenceMax(call: SignedRequest, origin: string): number | null {
  if (!isSafe(call) || !hasOtherAwake(origin)) return null;
  if (call.silentForMs !== undefined) return call.silentForMs;
  return call.answerWithinMs === undefined ? null : Math.max(Math.floor(call.answerWithinMs / 3), SILENCE_MS);
}

/** Settings are checked at the start; this holds wherever an address comes from. */
function refusePlain({ target }: SignedRequest, origin: string): void {
  if (origin.startsWith('https:') || isLoopback(origin)) return;
  throw new Error(
    `${target} at ${origin} is beyond loopback, where calls need TLS; correct ${target.toUpperCase()}_URL.`,
  );
}

async function send(call: SignedRequest, origin: string, headersTimeout: number | null): Promise<PeerStream> {
  const { keys, target } = call;
  const assertion = await signAssertion(keys, {
    target,
    method: call.method,
    path: call.path,
    body: call.body ?? Buffer.alloc(0),
    token: call.token,
    clientIp: call.clientIp,
    userAgent: call.userAgent,
    requestId: call.requestId,
  });
  const sentAtMs = Date.now();
  const { statusCode, headers, body } = await request(new URL(call.path, origin), {
    dispatcher: keys.tls?.dispatcherOf(target) ?? agent,
    method: call.method,
    headers: {
      ...(call.body === null ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
      ...(call.token === null ? {} : { authorization: `Bearer ${call.token}` }),
      [ASSERTION_HEADER]: assertion,
    },
    body: call.body,
    signal: call.signal,
    ...(headersTimeout === null ? {} : { headersTimeout }),
  });
  if (statusCode === 401) {
    const trouble = answerClockTrouble(headers['date'], { peer: target, sentAtMs, receivedAtMs: Date.now() });
    if (trouble !== null) keys.tell?.(trouble);
  }
  return { status: statusCode, headers, body };
}

/** Tells what is wrong with the connection's TLS, where that is it, and gives the error that says so. */
function withTrouble(error: unknown, { keys, target }: SignedRequest, origin: string): unknown {
  const trouble = connectionTrouble(error, { peer: target, origin, caFile: keys.tls?.files.caFile ?? 'Node.js' });
  if (trouble === null) return error;
  keys.tell?.(trouble);
  return new Error(trouble, { cause: error });
}
