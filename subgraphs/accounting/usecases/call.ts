import { idempotencyScope, type Viewer } from '../../../platform/auth/viewer.js';
import { fingerprint } from '../../../platform/idempotency/fingerprint.js';
import { checkKey } from '../../../platform/idempotency/once.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Act, Call } from './ports.js';

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
export function callOf(caller: Caller, operation: string, input: KeyedInput): Result<Call, Refusal> {
  const malformed = checkKey(input.idempotencyKey);
  if (malformed !== null) return err(malformed);
  return ok({
    ...actOf(caller, operation),
    scope: idempotencyScope(caller.viewer),
    key: input.idempotencyKey,
    input,
    fingerprint: fingerprint(operation, input),
  });
}

/** Describes a call that takes no key, since it only sets a state. */
export const actOf = ({ viewer, requestId, clientIp }: Caller, operation: string): Act => ({
  operation,
  // A service that acts for a person says so, since the journal must tell who placed a hold.
  actor: idempotencyScope(viewer),
  requestId,
  clientIp,
});
