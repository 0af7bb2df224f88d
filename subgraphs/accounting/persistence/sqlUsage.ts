import type { SqlSession } from '../../../platform/database/sql.js';
import { newId } from '../../../platform/kernel/ids.js';
import { type RefusalCode, refusalRegistry } from '../../../platform/kernel/refusals/registry.js';
import { err, ok } from '../../../platform/kernel/result.js';
import { type LedgerLimits, paidProvidersMax } from '../domain/limits.js';
import type { UsageOutcome, UsageStatus } from '../domain/usage.js';
import type { PrismaClient } from '../generated/prisma/client.js';
import type { BlockItem, BlockOutcome, UsageRecords } from '../usecases/ports/usage.js';
import type { Call } from '../usecases/ports.js';
import { callFunction, repeatedly } from './sqlLedger.js';
import { makeSqlUsageReads } from './sqlUsageReads.js';
import { makeSqlUsageTotals } from './sqlUsageTotals.js';
import { columnSql, toUsageColumns } from './usageColumns.js';
import { toResult, type Verdict } from './verdict.js';

/** Accounts that one round of collecting posts on. */
const COLLECTED_ACCOUNTS_MAX = 500;

/** What record_usage answers: a letter for each record, and lists separated by commas. */
interface Answer {
  readonly unit: string | null;
  readonly statuses: string;
  readonly codes: string;
  readonly charged: string;
  readonly owed: string;
}

const STATUS: Readonly<Record<string, UsageStatus>> = {
  N: 'RECORDED',
  U: 'RECORDED',
  P: 'REPLAYED',
  C: 'CONFLICT',
  X: 'REJECTED',
};

/** Usage records in PostgreSQL. */
export function makeSqlUsage(sql: PrismaClient, { amountMicrosMax }: LedgerLimits): UsageRecords {
  return {
    ...makeSqlUsageReads(sql),
    totalsBy: makeSqlUsageTotals(sql),
    async pay(call, accountId) {
      const paid = toResult(await repeatedly(() => payUsage(sql, call, accountId)));
      if (!paid.ok) return paid;
      const { unit, ...amounts } = paid.value;
      const money = (micros: string) => ({ micros: BigInt(micros), unit });
      return ok({ accountId, paid: money(amounts.paid), owed: money(amounts.owed) });
    },
    async record(call, clusterId, items) {
      const verdict = await repeatedly(() =>
        items.ok
          ? recordBlock(sql, call, { clusterId, amountMax: amountMicrosMax.toString() }, items.value)
          : rememberRefusal(sql, call, { clusterId }, items.refusal),
      );
      const result = toResult(verdict);
      return result.ok ? ok(readAnswer(result.value)) : err(result.refusal);
    },
    async collect() {
      const ids = Array.from({ length: COLLECTED_ACCOUNTS_MAX }, () => newId('transfer'));
      for (let after = ''; ; ) {
        const [turn] = await repeatedly(() =>
          sql.$queryRawUnsafe<{ payee: string | null; posted: number }[]>(
            'SELECT payee, posted FROM collect_usage($1::text[], $2::text)',
            ids,
            after,
          ),
        );
        if (turn === undefined || turn.payee === null) return 0;
        if (turn.posted > 0) return turn.posted;
        after = turn.payee;
      }
    },
  };
}

/** What pay_usage answers. */
interface PaymentAnswer {
  readonly unit: string;
  readonly paid: string;
  readonly owed: string;
}

async function payUsage(sql: SqlSession, call: Call, accountId: string): Promise<Verdict<PaymentAnswer>> {
  const { input: _input, ...described } = call;
  const [row] = await sql.$queryRawUnsafe<{ verdict: Verdict<PaymentAnswer> }[]>(
    'SELECT pay_usage($1::text::jsonb, $2::text::jsonb, $3::text[]) AS verdict',
    JSON.stringify({ ...described, auditId: newId('audit') }),
    JSON.stringify({ accountId }),
    Array.from({ length: paidProvidersMax }, () => newId('transfer')),
  );
  if (row === undefined) throw new Error('pay_usage answered nothing');
  return row.verdict;
}

async function recordBlock(
  sql: SqlSession,
  call: Call,
  input: object,
  items: readonly BlockItem[],
): Promise<Verdict<Answer>> {
  const { input: _input, ...described } = call;
  const columns = toUsageColumns(items);
  const [row] = await sql.$queryRawUnsafe<{ verdict: Verdict<Answer> }[]>(
    `SELECT record_usage($1::text::jsonb, $2::text::jsonb, ${columns.map((column, at) => columnSql(column, at + 3)).join(', ')})
       AS verdict`,
    JSON.stringify({ ...described, auditId: newId('audit') }),
    JSON.stringify(input),
    ...columns.map(({ text }) => text),
  );
  if (row === undefined) throw new Error('record_usage answered nothing');
  return row.verdict;
}

/** A call that is refused as a whole is remembered like any other, without a look at its records. */
const rememberRefusal = (
  sql: SqlSession,
  call: Call,
  input: object,
  refusal: Parameters<typeof callFunction>[4],
): Promise<Verdict<Answer>> =>
  // A refused call never has a value, so the two kinds of verdict are the same here.
  callFunction(sql, 'refuse_usage', call, input, refusal) as Promise<Verdict<never>>;

function readAnswer({ unit, statuses, codes, charged, owed }: Answer): BlockOutcome {
  const codeOf = codes.split(',');
  const chargedOf = charged.split(',');
  const owedOf = owed.split(',');
  const outcomes = Array.from(statuses, (letter, at): UsageOutcome => {
    const status = STATUS[letter];
    if (status === undefined) throw new Error(`record_usage answered ${letter}`);
    return {
      status,
      code: toCode(codeOf[at] ?? ''),
      charged: BigInt(chargedOf[at] ?? 0),
      owed: BigInt(owedOf[at] ?? 0),
    };
  });
  return { unit, outcomes };
}

function toCode(text: string): RefusalCode | null {
  if (text === '') return null;
  if (!(text in refusalRegistry)) throw new Error(`record_usage gave the unknown code ${text}`);
  // Looked up in the line above.
  return text as RefusalCode;
}
