import { limits } from '../../../platform/kernel/limits.js';
import { type Money, type MoneyInput, parseMicros } from '../../../platform/kernel/money.js';
import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { LedgerLimits } from './limits.js';
import { rateResourcesMax } from './limits.js';

/** What a price is for (schema/accounting/rates.graphql says it in words). */
export type RateBasis = 'CORE_HOUR' | 'GPU_HOUR' | 'MEMORY_GIB_HOUR' | 'STORAGE_GIB_MONTH';

/** All bases, in the order in which they are shown. */
export const rateBases: readonly RateBasis[] = ['CORE_HOUR', 'GPU_HOUR', 'MEMORY_GIB_HOUR', 'STORAGE_GIB_MONTH'];

/** One price. */
export interface Rate {
  readonly resource: string;
  readonly per: RateBasis;
  readonly price: Money;
}

/** The prices of one cluster from one instant on. */
export interface RateCard {
  readonly id: string;
  readonly clusterId: string;
  readonly validFrom: Date;
  readonly payeeId: string;
  readonly rates: readonly Rate[];
}

/** One price as clients send it. */
export interface RateInput {
  readonly resource: string;
  readonly per: RateBasis;
  readonly price: MoneyInput;
}

/** The prices of one resource in millionths; 0 where nothing is asked. */
export type ResourcePrices = Readonly<Record<RateBasis, bigint>>;

/** Whether a text can name a resource or a record: it is compared exactly, so only control characters are kept out. */
export const isExactName = (text: string): boolean =>
  text.length > 0 && text.length <= limits.resourceCharactersMax && !/[\p{Cc}\p{Cs}]/u.test(text);

/**
 * Reads prices, gathered by resource.
 * Refusals: INVALID_INPUT for none, too many, a name that cannot be one, or a basis twice; AMOUNT_NOT_POSITIVE below zero;
 * AMOUNT_TOO_PRECISE, AMOUNT_TOO_LARGE; UNIT_MISMATCH for another unit than the payee's.
 */
export function parseRates(
  inputs: readonly RateInput[],
  unit: string,
  { amountMicrosMax }: LedgerLimits,
): Result<ReadonlyMap<string, ResourcePrices>, InvalidInput> {
  if (inputs.length < 1 || inputs.length > rateResourcesMax) {
    return err(invalidInput(['rates'], `rates must have 1 to ${rateResourcesMax} entries.`));
  }
  const prices = new Map<string, Partial<Record<RateBasis, bigint>>>();
  for (const [position, { resource, per, price }] of inputs.entries()) {
    const path = ['rates', String(position)];
    if (!isExactName(resource)) {
      const rule = `must be 1 to ${limits.resourceCharactersMax} characters without control characters.`;
      return err(invalidInput([...path, 'resource'], `resource ${rule}`));
    }
    const micros = parseMicros(price.amount, [...path, 'price', 'amount']);
    if (!micros.ok) return micros;
    const refusal = judgePrice(micros.value, amountMicrosMax, [...path, 'price', 'amount']);
    if (refusal !== null) return err(refusal);
    if (price.unit !== unit) {
      return err(invalidInput([...path, 'price', 'unit'], `Prices must be in ${unit}.`, 'UNIT_MISMATCH'));
    }
    const known = prices.get(resource) ?? {};
    if (known[per] !== undefined) return err(invalidInput(path, `${per} of this resource has a price already.`));
    prices.set(resource, { ...known, [per]: micros.value });
  }
  const free: ResourcePrices = { CORE_HOUR: 0n, GPU_HOUR: 0n, MEMORY_GIB_HOUR: 0n, STORAGE_GIB_MONTH: 0n };
  return ok(new Map([...prices].map(([resource, some]) => [resource, { ...free, ...some }])));
}

function judgePrice(micros: bigint, max: bigint, path: readonly string[]): InvalidInput | null {
  if (micros < 0n) return invalidInput(path, 'A price must not be below zero.', 'AMOUNT_NOT_POSITIVE');
  return micros > max ? invalidInput(path, 'The price is too large.', 'AMOUNT_TOO_LARGE') : null;
}
