import { actorName, idempotencyScope } from '../../../platform/auth/viewer.js';
import { type Json, once } from '../../../platform/idempotency/once.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { Caller } from './caller.js';
import type { Database, Records } from './ports.js';

/** A mutation with an idempotency key. */
export interface Command<Value> {
  /** The mutation's name. */
  readonly operation: string;
  readonly input: { readonly idempotencyKey: string };
  /** The id of what it is done to, for the audit. */
  readonly target: string;
  /** Does it in the transaction; returns refusals before it writes anything. */
  act(records: Records): Promise<Result<Value, Refusal>>;
  /** What is kept of the value under the key. */
  save(value: Value): Json;
  /** Finds the kept value as it is now. */
  load(saved: Json, records: Records): Promise<Value>;
}

/** Runs a command once per key, in one transaction with its audit entry. */
export function runCommand<Value>(
  database: Database,
  caller: Caller,
  command: Command<Value>,
): Promise<Result<Value, Refusal>> {
  const { operation, input } = command;
  return database.transaction((records) =>
    once(
      records.sql,
      { scope: idempotencyScope(caller.viewer), key: input.idempotencyKey, operation, input },
      () => command.act(records),
      {
        save: command.save,
        load: (saved) => command.load(saved, records),
        audit: (result) => ({
          actor: actorName(caller.viewer),
          action: operation,
          target: command.target,
          outcome: result.ok ? 'OK' : result.refusal.code,
          requestId: caller.requestId,
          clientIp: caller.clientIp,
        }),
      },
    ),
  );
}
