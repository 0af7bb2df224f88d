import { z } from 'zod';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { PeerCall } from '../../../platform/peers/peer.js';
import type { CallTrace } from '../usecases/ports/peers.js';
import { peerRefusal, toRefusal } from './peerRefusal.js';

/** One mutation of another service, and how its payload is read. */
export interface PeerMutation<Value> {
  /** Has one root field, with its `refusal`. */
  readonly document: string;
  readonly payload: z.ZodType<Value>;
}

/** Runs a mutation of another service. @param token the person's exchanged token; null: in access' own name */
export async function callPeer<Value>(
  peer: PeerCall,
  mutation: PeerMutation<Value>,
  input: Readonly<Record<string, unknown>>,
  trace: CallTrace,
  token: string | null = null,
): Promise<Result<Value, Refusal>> {
  const data = await peer<Readonly<Record<string, unknown>>>(
    mutation.document,
    { input },
    { ...traceOf(trace), ...(token === null ? {} : { token }) },
  );
  const [payload] = Object.values(data);
  const { refusal } = refusable.parse(payload);
  return refusal == null ? ok(mutation.payload.parse(payload)) : err(toRefusal(refusal));
}

// Made once: making one costs more than reading with it.
const refusable = z.object({ refusal: peerRefusal.nullish() });

/** What of a call another service is told. */
export const traceOf = ({ requestId, clientIp, userAgent, deadlineAt }: CallTrace): CallTrace => ({
  requestId,
  clientIp,
  userAgent,
  deadlineAt,
});

/** Reads a payload of which only its refusal counts. */
export const nothing = z.unknown().transform(() => null);
