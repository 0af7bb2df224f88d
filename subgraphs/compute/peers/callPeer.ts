import { z } from 'zod';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { PeerCall } from '../../../platform/peers/peer.js';
import type { Trace } from '../usecases/ports.js';
import { peerRefusal, toRefusal } from './refusalOf.js';

/** One mutation of another service, and how its payload is read. */
export interface PeerMutation<Value> {
  /** The mutation's name. */
  readonly field: string;
  /** Asks for that one field, its `refusal` included. */
  readonly document: string;
  readonly payload: z.ZodType<Value>;
}

/** Runs a mutation of another service. @param token the person's exchanged token; null: in compute's own name */
export async function callPeer<Value>(
  peer: PeerCall,
  mutation: PeerMutation<Value>,
  input: Readonly<Record<string, unknown>>,
  token: string | null,
  trace: Trace,
): Promise<Result<Value, Refusal>> {
  const data = await peer<Record<string, unknown>>(
    mutation.document,
    { input },
    { ...trace, ...(token === null ? {} : { token }) },
  );
  const payload = data[mutation.field];
  const { refusal } = z.object({ refusal: peerRefusal.nullish() }).parse(payload);
  return refusal == null ? ok(mutation.payload.parse(payload)) : err(toRefusal(refusal));
}
