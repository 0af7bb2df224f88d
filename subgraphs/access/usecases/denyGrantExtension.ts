import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { Extension } from '../domain/extension.js';
import { decideExtension } from './decideExtension.js';
import type { Dependencies } from './dependencies.js';
import { judgeDenial } from './judgeDecision.js';
import type { Caller } from './ports.js';

/** A denial of an extension. */
export interface DenyGrantExtensionInput {
  readonly extensionId: string;
  readonly reason: string;
}

/**
 * Says no to an extension; one reviewer is enough. What was reserved is freed, it is DENIED, and the grant stays as it is.
 * Refusals: OWN_REQUEST, REQUEST_NOT_IN_REVIEW, REQUEST_ENDED, INVALID_INPUT without a reason.
 * @throws Fault UNAUTHENTICATED, NOT_FOUND, FORBIDDEN for whom it was shown to and who is no reviewer of it
 */
export const denyGrantExtension = (
  deps: Dependencies,
  caller: Caller,
  input: DenyGrantExtensionInput,
): Promise<Result<Extension, Refusal>> =>
  decideExtension(deps, caller, {
    operation: 'denyGrantExtension',
    input,
    judge: async (deciding) => judgeDenial(deciding, input.reason),
  });
