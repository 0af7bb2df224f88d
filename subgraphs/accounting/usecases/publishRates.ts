import { notFound } from '../../../platform/kernel/faults.js';
import { isId, type NewId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { LedgerLimits } from '../domain/limits.js';
import { parseRates, type RateInput } from '../domain/rates.js';
import { type Caller, callOf, type KeyedInput } from './call.js';
import type { RateCards } from './ports/usage.js';
import type { Accounts, OutcomeIds } from './ports.js';
import { requireRatePublisher } from './usageRights.js';

/** Input of `publishRates`. */
interface PublishRatesInput extends KeyedInput {
  readonly clusterId: string;
  readonly payeeAccountId: string;
  readonly rates: readonly RateInput[];
  readonly validFrom?: Date | null | undefined;
}

interface Deps {
  readonly accounts: Accounts;
  readonly rateCards: RateCards;
  readonly newId: NewId;
  readonly limits: LedgerLimits;
}

/**
 * Publishes the prices of a cluster from an instant on. Compute knows which clusters there are; here a cluster is its id.
 * Refusals: INVALID_INPUT AMOUNT_NOT_POSITIVE AMOUNT_TOO_PRECISE AMOUNT_TOO_LARGE UNIT_MISMATCH RATES_OVERLAP RATES_IN_PAST
 * IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND (also for an account that is not of kind REVENUE).
 */
export const makePublishRates =
  (deps: Deps) =>
  async (caller: Caller, input: PublishRatesInput): Promise<Result<OutcomeIds, Refusal>> => {
    const payee = (await deps.accounts.byIds([input.payeeAccountId])).get(input.payeeAccountId);
    requireRatePublisher(caller.viewer, payee);
    const call = callOf(caller, 'publishRates', input);
    if (!call.ok) return call;
    if (!isId('cluster', input.clusterId)) throw notFound('cluster');
    if (payee?.kind !== 'REVENUE') throw notFound('account');
    const prices = parseRates(input.rates, payee.unit, deps.limits);
    if (!prices.ok) return deps.rateCards.publish(call.value, prices);
    return deps.rateCards.publish(
      call.value,
      ok({
        id: deps.newId('rateCard'),
        clusterId: input.clusterId,
        payeeId: payee.id,
        validFrom: input.validFrom ?? null,
        prices: prices.value,
      }),
    );
  };
