import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import { NeverSent, type StepCall, type StepResult } from './saga.js';

/** Why a chain ended whose first call was interrupted: nobody but the person could have made it again. */
const interrupted = refused(
  'CHAIN_INTERRUPTED',
  'The chain was interrupted while the price was being reserved; nothing was charged. Ask again with a fresh key.',
);

/**
 * Makes the first call of a chain, which reserves its price with the person's exchanged token. A runner that took over has
 * none, so that it gives the chain up.
 */
export async function reservePrice<Facts>(
  call: StepCall,
  reserve: (call: StepCall & { readonly token: string }) => Promise<Result<Partial<Facts>, Refusal>>,
): Promise<StepResult<Facts>> {
  if (call.spendToken === null) return { kind: 'GIVEN_UP', refusal: interrupted };
  const token = await call.spendToken(call).catch((error: unknown) => {
    throw new NeverSent(error);
  });
  const reserved = await reserve({ ...call, token });
  return reserved.ok ? { kind: 'DONE', facts: reserved.value } : { kind: 'REFUSED', refusal: reserved.refusal };
}
