/**
 * The outcome of a use case: a value, or an expected refusal. Faults (missing rights, broken systems) are thrown,
 * see faults.ts; a refusal is an answer, so it is returned and the compiler sees to it that it is looked at.
 */
export type Result<Value, Failure> = Ok<Value> | Err<Failure>;

/** A use case that did what was asked. */
export interface Ok<Value> {
  readonly ok: true;
  readonly value: Value;
}

/** A use case that refused; nothing was changed. */
export interface Err<Failure> {
  readonly ok: false;
  readonly refusal: Failure;
}

/** Wraps a value. */
export const ok = <Value>(value: Value): Ok<Value> => ({ ok: true, value });

/** Wraps a refusal. */
export const err = <Failure>(refusal: Failure): Err<Failure> => ({ ok: false, refusal });
