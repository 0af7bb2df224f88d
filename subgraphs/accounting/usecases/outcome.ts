import { Fault } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { BatchItem, OutcomeIds } from './ports.js';

/** A payload before its things are loaded: ids, or the refusal. */
export interface Outcome {
  readonly ids: OutcomeIds;
  readonly refusal: Refusal | null;
}

/** Turns a use case's result into what payload resolvers start from. */
export const toOutcome = (result: Result<OutcomeIds, Refusal>): Outcome =>
  result.ok ? { ids: result.value, refusal: null } : { ids: {}, refusal: result.refusal };

/** As Outcome, of a batch. GraphQL shows a fault that stands in a list as null, with an error at its path. */
export interface BatchOutcome {
  readonly results: readonly (Outcome | Fault)[] | null;
  readonly refusal: Refusal | null;
}

/** As toOutcome, of a batch. */
export const toBatchOutcome = (result: Result<readonly BatchItem[], Refusal>): BatchOutcome =>
  result.ok
    ? { results: result.value.map((item) => (item instanceof Fault ? item : toOutcome(item))), refusal: null }
    : { results: null, refusal: result.refusal };
