import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { OutcomeIds } from './ports.js';

/** A payload before its things are loaded: ids, or the refusal. */
export interface Outcome {
  readonly ids: OutcomeIds;
  readonly refusal: Refusal | null;
}

/** Turns a use case's result into what payload resolvers start from. */
export const toOutcome = (result: Result<OutcomeIds, Refusal>): Outcome =>
  result.ok ? { ids: result.value, refusal: null } : { ids: {}, refusal: result.refusal };
