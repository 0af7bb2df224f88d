import { isId } from '../../../platform/kernel/ids.js';
import { limits } from '../../../platform/kernel/limits.js';
import type { Money, MoneyInput } from '../../../platform/kernel/money.js';
import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { parseAmount } from './amount.js';
import { budgetLimits, type LedgerLimits } from './limits.js';

/** Whose spending a budget counts. */
export type BudgetScope = 'ACCOUNT' | 'GROUP' | 'MEMBER';

/** How long it counts before it begins again. */
export type BudgetPeriod = 'DAY' | 'MONTH' | 'WINDOW';

/** What may be spent in a period, and what counts against it in the present one. */
export interface Budget {
  readonly id: string;
  readonly name: string;
  /** null where it is a whole group's. */
  readonly accountId: string | null;
  readonly groupId: string | null;
  /** null where everybody's spending counts. */
  readonly memberId: string | null;
  readonly period: BudgetPeriod;
  /** The present period, half-open. */
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly limit: Money;
  readonly isHard: boolean;
  readonly thresholds: readonly number[];
  readonly spent: Money;
  readonly held: Money;
}

/** A threshold that was reached from below. */
export interface BudgetCrossing {
  readonly number: bigint;
  readonly percent: number;
  readonly periodStart: Date;
  readonly used: Money;
  readonly limit: Money;
  readonly crossedAt: Date;
}

/** Which budget is meant: with the account, what tells it from all others. */
export interface BudgetName {
  readonly scope: BudgetScope;
  readonly memberId: string | null;
  readonly period: BudgetPeriod;
  readonly startsAt: Date | null;
  readonly endsAt: Date | null;
}

/** What it shall say. */
export interface BudgetTerms {
  readonly name: string;
  readonly limit: Money;
  readonly isHard: boolean;
  readonly thresholds: readonly number[];
}

/** A budget as it is asked for. */
export interface BudgetInput {
  readonly scope?: BudgetScope | null | undefined;
  readonly memberId?: string | null | undefined;
  readonly period: BudgetPeriod;
  readonly startsAt?: Date | null | undefined;
  readonly endsAt?: Date | null | undefined;
  readonly name?: string | null | undefined;
  readonly limit?: MoneyInput | null | undefined;
  readonly enforcement?: 'HARD' | 'SOFT' | null | undefined;
  readonly thresholds?: readonly number[] | null | undefined;
}

/** What is left; below zero where use went beyond. */
export const remainingOf = ({ limit, spent, held }: Budget): Money => ({
  micros: limit.micros - spent.micros - held.micros,
  unit: limit.unit,
});

/** Whose spending a budget counts, from what it names. */
export const scopeOf = ({ groupId, memberId }: Budget): BudgetScope =>
  groupId !== null ? 'GROUP' : memberId !== null ? 'MEMBER' : 'ACCOUNT';

/** Reads which budget is meant. Refusal: INVALID_INPUT (memberId, startsAt, endsAt). */
export function parseBudgetName(input: BudgetInput): Result<BudgetName, InvalidInput> {
  const scope = input.scope ?? 'ACCOUNT';
  const memberId = input.memberId ?? null;
  if (scope === 'MEMBER' ? memberId === null || !isId('user', memberId) : memberId !== null) {
    return err(invalidInput(['memberId'], "memberId is a person's id, of the scope MEMBER alone."));
  }
  const { period } = input;
  const startsAt = input.startsAt ?? null;
  const endsAt = input.endsAt ?? null;
  if (period !== 'WINDOW') {
    if (startsAt === null && endsAt === null) return ok({ scope, memberId, period, startsAt, endsAt });
    return err(invalidInput(['startsAt'], 'Only a WINDOW has startsAt and endsAt; days and months are those of UTC.'));
  }
  if (startsAt === null || endsAt === null || startsAt >= endsAt) {
    return err(invalidInput(['endsAt'], 'A WINDOW needs startsAt, and an endsAt after it.'));
  }
  return ok({ scope, memberId, period, startsAt, endsAt });
}

/**
 * Reads what a budget shall say; null where it is to be removed.
 * Refusals: those of parseAmount (limit), INVALID_INPUT (name, thresholds).
 */
export function parseBudgetTerms(
  input: BudgetInput,
  { scope, period }: BudgetName,
  ledger: LedgerLimits,
): Result<BudgetTerms | null, InvalidInput> {
  if (input.limit == null) return ok(null);
  const limit = parseAmount(input.limit, ['limit'], ledger);
  if (!limit.ok) return limit;
  const name =
    input.name == null ? ok(nameOf(scope, period)) : parseLine(input.name, ['name'], limits.nameCharactersMax);
  if (!name.ok) return name;
  const thresholds = [...(input.thresholds ?? budgetLimits.thresholdsDefault)].sort((a, b) => a - b);
  const isInRange = thresholds.every((percent) => percent >= 1 && percent <= budgetLimits.thresholdPercentMax);
  if (!isInRange || thresholds.length > budgetLimits.thresholdsMax || new Set(thresholds).size < thresholds.length) {
    const message = `thresholds are at most ${budgetLimits.thresholdsMax} different percentages, 1 to ${budgetLimits.thresholdPercentMax}.`;
    return err(invalidInput(['thresholds'], message));
  }
  return ok({ name: name.value, limit: limit.value, isHard: input.enforcement !== 'SOFT', thresholds });
}

const PERIOD_WORDS = { DAY: 'daily budget', MONTH: 'monthly budget', WINDOW: 'budget' } as const;

const nameOf = (scope: BudgetScope, period: BudgetPeriod): string =>
  `${PERIOD_WORDS[period]} of the ${scope.toLowerCase()}`;
