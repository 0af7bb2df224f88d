import { type AuditEntry, auditInsert, auditValues } from '../audit/audit.js';
import type { SqlSession } from '../database/sql.js';
import { limits } from '../kernel/limits.js';
import { invalidInput, type Refusal, refused } from '../kernel/refusal.js';
import { err, ok, type Result } from '../kernel/result.js';
import { fingerprint } from './fingerprint.js';

/** A JSON value, as an outcome is remembered. */
export type Json = string | number | boolean | null | { readonly [name: string]: Json } | readonly Json[];

/** Which call is made, so that its repetition is recognised. */
export interface CallKey {
  /** Whose key it is: see idempotencyScope in platform/auth/viewer.ts. */
  readonly scope: string;
  readonly key: string;
  /** The mutation's name. */
  readonly operation: string;
  /** The mutation's input after defaults. */
  readonly input: unknown;
}

/** How a value is kept and found again: save its ids, load its present. */
export interface Remembering<Value> {
  save(value: Value): Json;
  load(saved: Json): Promise<Value>;
  /** The audit's entry of what was done, written with the outcome; absent: `act` writes its own. */
  audit?(result: Result<Value, Refusal>): AuditEntry | null;
}

type Outcome = { readonly value: Json } | { readonly refusal: Refusal };

const PRINTABLE_ASCII = /^[\x20-\x7e]+$/;

const KEEP = 'UPDATE platform.idempotency_key SET outcome = $3::jsonb WHERE scope = $1 AND key = $2';
const KEEP_AND_AUDIT = `WITH kept AS (${KEEP}) ${auditInsert(4, '')}`;

/**
 * Does something once per key (contract.md, grammar rule 3). The key is inserted first, in the effect's transaction:
 * a second call waits until the first has committed and then gets the same thing or refusal; where the first rolled
 * back (a fault) it does the work itself.
 * Refusals: INVALID_INPUT for a malformed key, IDEMPOTENCY_KEY_REUSED for other input, and those of `act`.
 * @param sql the transaction that `act` works in
 * @param act must return a refusal before it writes anything, since refusing commits
 */
export async function once<Value>(
  sql: SqlSession,
  call: CallKey,
  act: () => Promise<Result<Value, Refusal>>,
  remembering: Remembering<Value>,
): Promise<Result<Value, Refusal>> {
  const malformed = checkKey(call.key);
  if (malformed !== null) return err(malformed);
  const print = fingerprint(call.operation, call.input);
  const inserted = await sql.$executeRawUnsafe(
    `INSERT INTO platform.idempotency_key (scope, key, operation, fingerprint) VALUES ($1, $2, $3, $4)
     ON CONFLICT (scope, key) DO NOTHING`,
    call.scope,
    call.key,
    call.operation,
    print,
  );
  if (inserted === 0) return replay(sql, call, print, remembering);
  const result = await act();
  const outcome: Outcome = result.ok ? { value: remembering.save(result.value) } : { refusal: result.refusal };
  const entry = remembering.audit?.(result) ?? null;
  await sql.$executeRawUnsafe(
    entry === null ? KEEP : KEEP_AND_AUDIT,
    call.scope,
    call.key,
    JSON.stringify(outcome, bigintAsMark),
    ...(entry === null ? [] : auditValues(entry)),
  );
  return result;
}

/** The refusal of a key that is not 1 to 255 printable ASCII characters, or null. */
export function checkKey(key: string): Refusal | null {
  if (key.length <= limits.idempotencyKeyCharactersMax && PRINTABLE_ASCII.test(key)) return null;
  return invalidInput(['idempotencyKey'], 'idempotencyKey must be 1 to 255 printable ASCII characters.');
}

/** The refusal of a key that was used for something else. */
const keyReused = (): Refusal =>
  refused('IDEMPOTENCY_KEY_REUSED', 'This idempotency key was used before with other input; send a fresh key.');

async function replay<Value>(
  sql: SqlSession,
  call: CallKey,
  print: string,
  remembering: Remembering<Value>,
): Promise<Result<Value, Refusal>> {
  const [row] = await sql.$queryRawUnsafe<{ fingerprint: string; outcome: unknown }[]>(
    'SELECT fingerprint, outcome::text AS outcome FROM platform.idempotency_key WHERE scope = $1 AND key = $2',
    call.scope,
    call.key,
  );
  if (row === undefined || row.fingerprint !== print) return err(keyReused());
  const outcome = JSON.parse(String(row.outcome), markAsBigint) as Outcome;
  return 'refusal' in outcome ? err(outcome.refusal) : ok(await remembering.load(outcome.value));
}

// Refusals carry amounts as bigint, which JSON does not know.
const bigintAsMark = (_name: string, value: unknown): unknown =>
  typeof value === 'bigint' ? { $bigint: value.toString() } : value;

const markAsBigint = (_name: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && '$bigint' in value ? BigInt(String(value.$bigint)) : value;
