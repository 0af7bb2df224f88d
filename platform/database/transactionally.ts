import { setTimeout as sleep } from 'node:timers/promises';
import { sqlErrorCode } from './sqlErrorCode.js';

const serializationFailure = '40001';
const deadlockDetected = '40P01';
const retriesDefault = 5;
const pauseMsFirst = 5;
const pauseMsMax = 200;
/** Under a burst a transaction waits its turn for a connection as long as its caller waits for an answer. */
const connectionWaitMsMax = 8_000;

/** PostgreSQL's isolation levels that Prisma offers and we use. */
export type IsolationLevel = 'ReadCommitted' | 'RepeatableRead' | 'Serializable';

/** How a transaction is run. */
export interface TransactionOptions {
  /** How often at most it is run again after the database took it back; 5 unless told. */
  readonly retries?: number;
  readonly isolationLevel?: IsolationLevel;
  /** How long it may take once begun; Prisma's 5,000 unless told. */
  readonly timeoutMs?: number;
}

/** What every generated Prisma client offers. */
export interface TransactionRunner<Transaction> {
  $transaction<Result>(
    work: (transaction: Transaction) => Promise<Result>,
    options?: { isolationLevel?: IsolationLevel; timeout?: number; maxWait?: number },
  ): Promise<Result>;
}

/**
 * Runs work in a transaction, and again from its beginning when PostgreSQL took it back because of a concurrent one
 * (serialization failure, deadlock). The work must therefore do nothing outside its transaction.
 * @throws what the work throws, and the conflict itself when it came `retries` times more
 */
export async function transactionally<Transaction, Result>(
  prisma: TransactionRunner<Transaction>,
  work: (transaction: Transaction) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> {
  const { retries = retriesDefault, isolationLevel, timeoutMs } = options;
  const prismaOptions = {
    maxWait: connectionWaitMsMax,
    ...(isolationLevel === undefined ? {} : { isolationLevel }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
  };
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await prisma.$transaction(work, prismaOptions);
    } catch (error) {
      if (attempt >= retries || !isConflict(error)) throw error;
      await sleep(pauseMs(attempt));
    }
  }
}

/** Whether PostgreSQL took a transaction back because of a concurrent one. */
export function isConflict(error: unknown): boolean {
  const code = sqlErrorCode(error);
  return code === serializationFailure || code === deadlockDetected;
}

/** Anything from nothing to a bound that doubles, so that two that collided do not collide again. */
function pauseMs(attempt: number): number {
  return Math.random() * Math.min(pauseMsFirst * 2 ** attempt, pauseMsMax);
}
