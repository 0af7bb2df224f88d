import type { UsageDimension, UsageTotal } from '../domain/usage.js';
import type { PrismaClient } from '../generated/prisma/client.js';
import type { UsageRecords } from '../usecases/ports/usage.js';
import { readBriefly } from './readBriefly.js';
import { conditions, MONEY, SUMS, type TotalsRow, toAmounts, toCounts } from './sqlUsageReads.js';

/** Each dimension as a text that is never NULL, so that a page can go on after it. */
const DIMENSIONS: Readonly<Record<UsageDimension, string>> = {
  USER: `coalesce(k.user_id, '')`,
  GROUP: `coalesce(k.group_id, '')`,
  ACCOUNT: 'k.payer_id',
  CLUSTER: 'k.cluster_id',
  RESOURCE: 'k.resource',
  DAY: `to_char(k.starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`,
  MONTH: `to_char(k.starts_at AT TIME ZONE 'UTC', 'YYYY-MM')`,
};

/** Sums usage by dimensions: one statement for a page. */
export const makeSqlUsageTotals =
  (prisma: PrismaClient): UsageRecords['totalsBy'] =>
  async (sight, filter, by, { first, after }) => {
    const where = conditions(sight, filter);
    const keys = [...by.map((dimension) => DIMENSIONS[dimension]), 'c.unit'].map((key) => `(${key}) COLLATE "C"`);
    const having =
      after === null ? '' : `HAVING (${keys.join(', ')}) > (${after.map((value) => where.value(value)).join(', ')})`;
    const text = `SELECT ARRAY[${keys.join(', ')}] AS position, c.unit, count(*) AS records, ${SUMS}, ${MONEY}
       FROM usage_record k JOIN rate_card c ON c.id = k.rate_card_id ${where.text()}
       GROUP BY ${keys.join(', ')}, c.unit ${having} ORDER BY ${keys.join(', ')} LIMIT ${where.value(String(first + 1))}::int`;
    type Row = TotalsRow & { position: string[] };
    const rows = await readBriefly(prisma, (tx) => tx.$queryRawUnsafe<Row[]>(text, ...where.values));
    return rows.map((row) => toTotal(by, row));
  };

function toTotal(by: readonly UsageDimension[], row: TotalsRow & { readonly position: readonly string[] }): UsageTotal {
  const textOf = (dimension: UsageDimension): string | null => row.position[by.indexOf(dimension)] || null;
  const period = textOf('DAY') ?? textOf('MONTH');
  return {
    userId: textOf('USER'),
    groupId: textOf('GROUP'),
    accountId: textOf('ACCOUNT'),
    clusterId: textOf('CLUSTER'),
    resource: textOf('RESOURCE'),
    periodStart: period === null ? null : new Date(`${period.padEnd(10, '-01')}T00:00:00Z`),
    records: row.records,
    ...toCounts(row),
    amounts: toAmounts(row),
    position: row.position,
  };
}
