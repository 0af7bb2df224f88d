import type { CallKey, Remembering } from '../../../../platform/idempotency/once.js';
import type { Refusal } from '../../../../platform/kernel/refusal.js';
import type { Result } from '../../../../platform/kernel/result.js';

/** Does something once per key, in the transaction of the stores that it belongs to: platform/idempotency/once.ts. */
export type Once = <Value>(
  call: CallKey,
  act: () => Promise<Result<Value, Refusal>>,
  remembering: Remembering<Value>,
) => Promise<Result<Value, Refusal>>;
