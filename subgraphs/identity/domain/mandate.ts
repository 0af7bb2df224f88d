import { limits } from '../../../platform/kernel/limits.js';
import { isUnitName, type Money, type MoneyInput, parsePositiveMoney } from '../../../platform/kernel/money.js';
import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseExact } from '../../../platform/kernel/text.js';
import { identityLimits } from './limits.js';

/** What a person lets a payee reserve on an account, like a cheque. */
export interface Mandate {
  readonly id: string;
  /** The person who gave it. */
  readonly issuerId: string;
  readonly accountId: string;
  readonly payeeId: string;
  readonly resource: string;
  readonly maximum: Money;
  /** In whole seconds. */
  readonly expiresAt: Date;
  readonly once: boolean;
  readonly revokedAt: Date | null;
}

/** What a mandate is limited to. */
export type MandateTerms = Pick<Mandate, 'resource' | 'maximum' | 'expiresAt'>;

/**
 * Reads a mandate's terms.
 * Refusals: INVALID_INPUT (resource, or expiresAt past or too far ahead), AMOUNT_NOT_POSITIVE, AMOUNT_TOO_PRECISE,
 * AMOUNT_TOO_LARGE, UNIT_UNKNOWN.
 */
export function parseMandateTerms(
  input: { readonly resource: string; readonly maximum: MoneyInput; readonly expiresAt: Date },
  now: Date,
): Result<MandateTerms, InvalidInput> {
  const resource = parseExact(input.resource, ['resource'], limits.resourceCharactersMax);
  if (!resource.ok) return resource;
  const maximum = parsePositiveMoney(input.maximum, ['maximum']);
  if (!maximum.ok) return maximum;
  if (!isUnitName(input.maximum.unit)) {
    return err(invalidInput(['maximum', 'unit'], 'There is no unit of this name.', 'UNIT_UNKNOWN'));
  }
  // A token counts in whole seconds; rounded down, so that it never outlives what was asked for.
  const expiresAt = new Date(Math.floor(input.expiresAt.getTime() / 1000) * 1000);
  const aheadMs = expiresAt.getTime() - now.getTime();
  if (aheadMs <= 0 || aheadMs > identityLimits.mandateLifetimeMsMax) {
    return err(invalidInput(['expiresAt'], 'expiresAt must be in the future, at most 366 days ahead.'));
  }
  return ok({ resource: resource.value, maximum: maximum.value, expiresAt });
}
