import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { Extension } from '../domain/extension.js';
import { decideExtension } from './decideExtension.js';
import type { Dependencies } from './dependencies.js';
import { judgeWithdrawal } from './judgeDecision.js';
import type { Caller } from './ports.js';

/** An extension to take back. */
export interface WithdrawGrantExtensionInput {
  readonly extensionId: string;
}

/**
 * Takes an extension back that nobody has decided on yet. What was reserved is freed, and it is WITHDRAWN.
 * Refusals: REQUEST_NOT_IN_REVIEW, REQUEST_ENDED.
 * @throws Fault UNAUTHENTICATED, NOT_FOUND, FORBIDDEN for others than the requester and the group's ADMINs whom it was shown to
 */
export const withdrawGrantExtension = (
  deps: Dependencies,
  caller: Caller,
  input: WithdrawGrantExtensionInput,
): Promise<Result<Extension, Refusal>> =>
  decideExtension(deps, caller, {
    operation: 'withdrawGrantExtension',
    input,
    judge: async (deciding) => judgeWithdrawal(deciding),
  });
