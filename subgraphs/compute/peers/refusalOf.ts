import { z } from 'zod';
import { parseMicros } from '../../../platform/kernel/money.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { type RefusalCode, refusalRegistry } from '../../../platform/kernel/refusals/registry.js';

const money = z.object({ amount: z.string(), unit: z.string() });

/** A refusal as another service gives it; the fields beyond code and message depend on its type. */
export const peerRefusal = z.object({
  __typename: z.string(),
  code: z.string(),
  message: z.string(),
  path: z.array(z.string()).optional(),
  shortfall: money.optional(),
  available: money.optional(),
  account: z.object({ id: z.string() }).nullish(),
  limit: z.string().optional(),
});

type PeerRefusal = z.infer<typeof peerRefusal>;

/** What is asked for of a refusal of any service. */
export const refusalFields = '__typename code message ... on InvalidInput { path }';
/** What is asked for in addition where money can be missing. */
export const fundsFields =
  '... on InsufficientFunds { shortfall { amount unit } available { amount unit } account { id } } ' +
  '... on LimitExceeded { limit }';

/** Another service's refusal as our own, so that it can be handed on. */
export function toRefusal(refusal: PeerRefusal): Refusal {
  const { shortfall, available, path, message } = refusal;
  if (refusal.code === 'INSUFFICIENT_FUNDS' && shortfall !== undefined && available !== undefined) {
    return {
      type: 'InsufficientFunds',
      code: 'INSUFFICIENT_FUNDS',
      message,
      shortfall: readMoney(shortfall),
      available: readMoney(available),
      accountId: refusal.account?.id ?? null,
    };
  }
  if (refusal.code === 'LIMIT_EXCEEDED' && refusal.limit !== undefined) {
    return { type: 'LimitExceeded', code: 'LIMIT_EXCEEDED', message, limit: refusal.limit };
  }
  const code = codeOf(refusal.code);
  return path === undefined ? refused(code, message) : invalidInput(path, message, code);
}

function codeOf(code: string): RefusalCode {
  if (!(code in refusalRegistry)) throw new Error(`a service gave the unknown refusal code ${code}`);
  // Proven by the line above: the registry's keys are the codes.
  return code as RefusalCode;
}

function readMoney({ amount, unit }: z.infer<typeof money>): { micros: bigint; unit: string } {
  const micros = parseMicros(amount, []);
  if (!micros.ok) throw new Error(`a service gave the amount ${amount}`);
  return { micros: micros.value, unit };
}
