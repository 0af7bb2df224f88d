import type { SqlSession } from '../../../platform/database/sql.js';
import type { Budget, BudgetCrossing, BudgetPeriod } from '../domain/budget.js';
import { budgetLimits } from '../domain/limits.js';
import type { BudgetChange, Budgets, CapChange } from '../usecases/ports/budgets.js';
import { groupBy, plausible } from './found.js';
import { callFunction, repeatedly } from './sqlLedger.js';
import { toResult } from './verdict.js';

interface BudgetRow {
  readonly onId: string;
  readonly id: string;
  readonly name: string;
  readonly accountId: string | null;
  readonly groupId: string | null;
  readonly memberId: string | null;
  readonly unit: string;
  readonly period: BudgetPeriod;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly maximum: bigint;
  readonly isHard: boolean;
  readonly thresholds: readonly number[];
  readonly spent: string;
  readonly held: string;
}

interface CrossingRow {
  readonly budgetId: string;
  readonly number: bigint;
  readonly percent: number;
  readonly periodStart: Date;
  readonly used: string;
  readonly maximum: bigint;
  readonly unit: string;
  readonly crossedAt: Date;
}

/** Budgets in PostgreSQL, whose clock says which period it is, as it does when postings are judged. */
export function makeSqlBudgets(sql: SqlSession): Budgets {
  return {
    async set(act, accountId, change) {
      const input = change.ok ? inputOf(change.value) : {};
      return toResult(
        await repeatedly(() =>
          callFunction(
            sql,
            'set_budget',
            act,
            { ...input, accountId, budgetsMax: budgetLimits.budgetsMax },
            change.ok ? undefined : change.refusal,
          ),
        ),
      );
    },
    async ofAccounts(accountIds) {
      const rows = await sql.$queryRawUnsafe<BudgetRow[]>(OF_ACCOUNTS, plausible('account', accountIds));
      return groupBy(rows, ({ onId }) => onId, toBudget);
    },
    async setCap(act, accountId, change) {
      const input = change.ok ? capOf(change.value) : {};
      const refusal = change.ok ? undefined : change.refusal;
      const all = { ...input, accountId, capsMax: budgetLimits.capsMax };
      return toResult(await repeatedly(() => callFunction(sql, 'set_member_cap', act, all, refusal)));
    },
    async escrowOf(grantId) {
      // What it is of was not told of escrows before there were reports.
      const [escrow] = await sql.$queryRawUnsafe<{ accountId: string; isOfDrive: boolean }[]>(
        `SELECT account_id AS "accountId", offer_id IS NOT NULL AND cluster_id IS NULL AS "isOfDrive"
         FROM escrow WHERE grant_id = $1`,
        plausible('grant', [grantId])[0] ?? '',
      );
      return escrow ?? null;
    },
    async defaultCapsOf(accountIds) {
      const rows = await sql.$queryRawUnsafe<{ id: string; micros: bigint }[]>(
        `SELECT account_id AS id, member_cap AS micros FROM escrow
         WHERE account_id = ANY ($1::text[]) AND member_cap IS NOT NULL`,
        plausible('account', accountIds),
      );
      return new Map(rows.map(({ id, micros }) => [id, micros]));
    },
    async capsOf(accountIds, memberId, { first, after }) {
      const wanted = plausible('account', accountIds);
      const rows = await sql.$queryRawUnsafe<BudgetRow[]>(CAPS_OF, wanted, memberId, after?.[0] ?? null, first + 1);
      return groupBy(rows, ({ onId }) => onId, toBudget);
    },
    async crossingsOf(budgetIds, { first, after }) {
      const rows = await sql.$queryRawUnsafe<CrossingRow[]>(
        CROSSINGS_OF,
        [...budgetIds],
        after?.[0] ?? null,
        first + 1,
      );
      return groupBy(rows, ({ budgetId }) => budgetId, toCrossing);
    },
    async countCrossings() {
      const rows = await sql.$queryRawUnsafe<{ percent: number; crossings: bigint }[]>(
        'SELECT percent, count(*) AS crossings FROM budget_crossing GROUP BY percent',
      );
      return new Map(rows.map(({ percent, crossings }) => [percent, Number(crossings)]));
    },
  };
}

const capOf = ({ memberId, limit }: CapChange): object => ({
  memberId,
  ...(limit === null ? {} : { unit: limit.unit, maximum: limit.micros.toString() }),
});

/** Without a maximum the budget is removed. */
function inputOf({ terms, ...which }: BudgetChange): object {
  if (terms === null) return which;
  const { name, limit, isHard, thresholds } = terms;
  return { ...which, name, unit: limit.unit, maximum: limit.micros.toString(), hard: isHard, thresholds };
}

// Holds past their time reserve nothing, also before they are tidied.
/** @param own which of an account's own budgets; what its group has stands behind them */
const budgetsOfAccounts = (own: string): string => `
  SELECT a.id AS "onId", b.id, b.name, b.account_id AS "accountId", b.group_id AS "groupId", b.member_id AS "memberId", b.unit,
         b.period, p.starts_at AS "startsAt", budget_period_end(b.period, b.ends_at, p.starts_at) AS "endsAt", b.maximum,
         b.hard AS "isHard", b.thresholds, coalesce(u.spent, 0)::text AS spent,
         (coalesce(u.held, 0) - coalesce(late.amount, 0))::text AS held
  FROM unnest($1::text[]) AS wanted(id) JOIN account a ON a.id = wanted.id AND a.budgeted
  CROSS JOIN LATERAL (
      SELECT x.* FROM budget x WHERE x.removed_at IS NULL AND x.account_id = a.id AND ${own}
      UNION ALL
      SELECT x.* FROM budget x
      WHERE x.removed_at IS NULL AND x.group_id = a.owner_id AND x.unit = a.unit AND a.kind IN ('GROUP', 'REVENUE')) b
  CROSS JOIN LATERAL (SELECT coalesce(b.starts_at, budget_period_start(b.period, NULL, NULL, clock_timestamp())) AS starts_at) p
  LEFT JOIN budget_use u ON u.budget_id = b.id AND u.period_start = p.starts_at
  LEFT JOIN LATERAL (
      SELECT sum(h.amount - h.captured) AS amount FROM account o JOIN hold h ON h.debit_id = o.id
      JOIN account c ON c.id = h.credit_id
      WHERE u.held > 0 AND h.status = 'OPEN' AND h.expires_at <= clock_timestamp() AND h.placed_at >= p.starts_at
        AND h.placed_at < budget_period_end(b.period, b.ends_at, p.starts_at)
        AND (o.id = b.account_id OR (o.owner_id = b.group_id AND o.unit = b.unit AND o.kind IN ('GROUP', 'REVENUE')
                                     AND c.owner_id IS DISTINCT FROM b.group_id))
        AND (b.member_id IS NULL OR h.spender_id = b.member_id)) late ON TRUE
  ORDER BY b.id`;

const OF_ACCOUNTS = budgetsOfAccounts('x.cap IS NULL');
/** $2: the member, or NULL for all; $3: the id to go on after; $4: how many. */
const CAPS_OF = budgetsOfAccounts(`x.id IN (
        SELECT y.id FROM budget y
        WHERE y.removed_at IS NULL AND y.account_id = a.id AND y.cap IS NOT NULL
          AND ($2::text IS NULL OR y.member_id = $2::text) AND ($3::text IS NULL OR y.id > $3::text)
        ORDER BY y.id LIMIT $4::int)`);

const CROSSINGS_OF = `
  SELECT c.budget_id AS "budgetId", c.number, c.percent, c.period_start AS "periodStart", c.used::text AS used, c.maximum, b.unit,
         c.crossed_at AS "crossedAt"
  FROM unnest($1::text[]) AS wanted(id) JOIN budget b ON b.id = wanted.id
  CROSS JOIN LATERAL (
      SELECT x.* FROM budget_crossing x WHERE x.budget_id = b.id AND ($2::text IS NULL OR x.number < $2::text::bigint)
      ORDER BY x.number DESC LIMIT $3::int) c
  ORDER BY c.number DESC`;

const toBudget = ({ onId: _onId, unit, maximum, spent, held, ...row }: BudgetRow): Budget => ({
  ...row,
  limit: { micros: maximum, unit },
  spent: { micros: BigInt(spent), unit },
  held: { micros: BigInt(held), unit },
});

const toCrossing = ({ budgetId: _id, unit, used, maximum, ...row }: CrossingRow): BudgetCrossing => ({
  ...row,
  used: { micros: BigInt(used), unit },
  limit: { micros: maximum, unit },
});
