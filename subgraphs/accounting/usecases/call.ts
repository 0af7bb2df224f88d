import { actorName, idempotencyScope, type Viewer } from '../../../platform/auth/viewer.js';
import { fingerprint } from '../../../platform/idempotency/fingerprint.js';
import { checkKey } from '../../../platform/idempotency/once.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Call } from './ports.js';

/** Who calls, and from where: the part of a request that use cases look at. */
export interface Caller {
  readonly viewer: Viewer;
  readonly requestId: string;
  readonly clientIp: string;
}

/** Every input of a mutation that creates or spends. */
export interface KeyedInput {
  readonly idempotencyKey: string;
}

/**
 * Describes a call.
 * @param input the mutation's input after defaults
 * Refusal: INVALID_INPUT for a malformed key, which cannot be remembered.
 */
export function callOf(
  { viewer, requestId, clientIp }: Caller,
  operation: string,
  input: KeyedInput,
): Result<Call, Refusal> {
  const malformed = checkKey(input.idempotencyKey);
  if (malformed !== null) return err(malformed);
  return ok({
    scope: idempotencyScope(viewer),
    key: input.idempotencyKey,
    operation,
    input,
    fingerprint: fingerprint(operation, input),
    // A service that acts for a person says so, since the journal must tell who placed a hold.
    actor: viewer.kind === 'person' && viewer.actor !== null ? `service:${viewer.actor}` : actorName(viewer),
    requestId,
    clientIp,
  });
}
