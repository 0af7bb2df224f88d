import { z } from 'zod';
import { type Money, parseMicros } from '../../../platform/kernel/money.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { type RefusalCode, refusalRegistry } from '../../../platform/kernel/refusals/registry.js';

const money = z.object({ amount: z.string(), unit: z.string() });

/** A refusal as another service gives it; the fields beyond code and message depend on its type. */
export const peerRefusal = z.object({
  code: z.string(),
  message: z.string(),
  path: z.array(z.string()).optional(),
  shortfall: money.optional(),
  available: money.optional(),
  account: z.object({ id: z.string() }).nullish(),
  limit: z.string().optional(),
});

/** What is asked for of a refusal of any service. */
export const refusalFields = 'refusal { code message ... on InvalidInput { path } }';
/** What is asked for where money can be missing. */
export const fundsRefusalFields = `refusal { code message ... on InvalidInput { path }
  ... on InsufficientFunds { shortfall { amount unit } available { amount unit } account { id } }
  ... on LimitExceeded { limit } }`;

/** Another service's refusal as our own, so that it can be handed on. */
export function toRefusal(given: z.infer<typeof peerRefusal>): Refusal {
  const { shortfall, available, path, message } = given;
  if (given.code === 'INSUFFICIENT_FUNDS' && shortfall !== undefined && available !== undefined) {
    return {
      type: 'InsufficientFunds',
      code: 'INSUFFICIENT_FUNDS',
      message,
      shortfall: readMoney(shortfall),
      available: readMoney(available),
      accountId: given.account?.id ?? null,
    };
  }
  if (given.code === 'LIMIT_EXCEEDED' && given.limit !== undefined) {
    return { type: 'LimitExceeded', code: 'LIMIT_EXCEEDED', message, limit: given.limit };
  }
  const code = codeOf(given.code);
  return path === undefined ? refused(code, message) : invalidInput(path, message, code);
}

/** A newer service may know codes that this one does not: they are refusals all the same. */
const codeOf = (code: string): RefusalCode =>
  // Proven by the test before it: the registry's keys are the codes.
  code in refusalRegistry ? (code as RefusalCode) : 'PROVISIONING_FAILED';

const readMoney = ({ amount, unit }: z.infer<typeof money>): Money => ({ micros: readMicros(amount), unit });

/** An amount that another service gives, in millionths. */
export function readMicros(amount: string): bigint {
  const micros = parseMicros(amount, []);
  if (!micros.ok) throw new Error(`a service gave the amount ${amount}`);
  return micros.value;
}
