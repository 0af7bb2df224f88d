import type { ServiceKeys } from '../auth/serviceKeys.js';
import type { SubgraphName } from '../kernel/services.js';
import { signedStream } from './signedStream.js';

/** One call to a peer. */
export interface SignedRequest {
  readonly keys: ServiceKeys;
  readonly target: SubgraphName;
  /** The peer's address, http://host:port; or how to choose one, which is then done again where a call may be repeated. */
  readonly origin: string | (() => Promise<string>);
  /** Whether it may be sent again although it may have arrived; absent: a GET alone may. */
  readonly isSafe?: boolean;
  /**
   * How long the answer may take, in milliseconds. With it, a call that changes nothing is asked of another replica once
   * one has kept silent for a third of it; absent: silence ends with the signal alone.
   */
  readonly answerWithinMs?: number;
  /** In place of that third: after what silence another replica is asked. For calls that may well wait for their answer. */
  readonly silentForMs?: number;
  readonly method: 'GET' | 'POST';
  /** The path with its query. */
  readonly path: string;
  readonly body: Buffer | null;
  readonly token: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly clientIp: string;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

/** What a peer answered. */
export interface PeerAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}

const ANSWER_BYTES_MAX = 32 * 1_048_576;

/**
 * Calls a peer with the caller's assertion and, where there is one, the person's token.
 * @throws whatever the connection throws; an answer larger than 32 MiB; the signal's reason
 */
export async function signedRequest(call: SignedRequest): Promise<PeerAnswer> {
  const answer = await signedStream(call);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer.body) {
    const part = chunk as Buffer;
    bytes += part.length;
    if (bytes > ANSWER_BYTES_MAX) {
      answer.body.destroy();
      throw new Error(`The answer of ${call.target} is larger than ${ANSWER_BYTES_MAX} bytes.`);
    }
    chunks.push(part);
  }
  return {
    status: answer.status,
    contentType: String(answer.headers['content-type'] ?? ''),
    body: Buffer.concat(chunks),
  };
}
