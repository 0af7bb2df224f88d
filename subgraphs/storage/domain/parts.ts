import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { storageLimits } from './limits.js';

/** How a whole is cut: every part has `partBytes` but the last, which has the rest. */
export interface PartPlan {
  readonly sizeBytes: bigint;
  readonly partBytes: bigint;
}

const MIB = 1_048_576n;

/**
 * Plans the parts of an upload. Without a wish parts have 8 MiB, or as many MiB as 10,000 parts need.
 * Refusal: INVALID_INPUT at `size` or `partSize`.
 */
export function planParts(sizeBytes: bigint, wishedPartBytes: bigint | null): Result<PartPlan, InvalidInput> {
  const { partBytesMin, partBytesMax, partBytesDefault } = storageLimits;
  const partsMax = BigInt(storageLimits.partsMax);
  if (sizeBytes < 0n || sizeBytes > partBytesMax * partsMax) {
    return err(invalidInput(['size'], `A file has at most ${partBytesMax * partsMax} bytes.`));
  }
  const needed = divideUp(divideUp(sizeBytes, partsMax), MIB) * MIB;
  const partBytes = wishedPartBytes ?? (needed > partBytesDefault ? needed : partBytesDefault);
  if (partBytes < partBytesMin || partBytes > partBytesMax) {
    return err(invalidInput(['partSize'], `A part has ${partBytesMin} to ${partBytesMax} bytes.`));
  }
  if (divideUp(sizeBytes, partBytes) > partsMax) {
    return err(invalidInput(['partSize'], `An upload has at most ${partsMax} parts. Choose a larger partSize.`));
  }
  return ok({ sizeBytes, partBytes });
}

/** How many parts there are; none for an empty file. */
export const partCount = ({ sizeBytes, partBytes }: PartPlan): number => Number(divideUp(sizeBytes, partBytes));

/** The bytes of one part, or null where the plan has no such number (they begin with 1). */
export function partBytesOf(plan: PartPlan, number: number): number | null {
  const count = partCount(plan);
  if (!Number.isSafeInteger(number) || number < 1 || number > count) return null;
  return Number(number < count ? plan.partBytes : plan.sizeBytes - plan.partBytes * BigInt(count - 1));
}

const divideUp = (numerator: bigint, denominator: bigint): bigint => (numerator + denominator - 1n) / denominator;
