import type { ChargeDimension, ChargeTotal } from '../domain/charge.js';
import type { PrismaClient } from '../generated/prisma/client.js';
import type { ChargeFilter, ChargeSight, Charges } from '../usecases/ports/charges.js';
import { readBriefly } from './readBriefly.js';

interface Row {
  readonly position: string[];
  readonly unit: string;
  readonly entries: bigint;
  readonly charged: string;
}

const OWNING_GROUP = `CASE WHEN left(p.owner_id, 4) = 'grp_' THEN p.owner_id END`;

/** Each dimension as a text that is never NULL, so that a page can go on after it. */
const DIMENSIONS: Readonly<Record<ChargeDimension, string>> = {
  USER: `coalesce(k.user_id, '')`,
  GROUP: `coalesce(${OWNING_GROUP}, '')`,
  ACCOUNT: 'k.payer_id',
  PROVIDER: `coalesce(q.owner_id, '')`,
  GRANT: `coalesce(k.grant_id, '')`,
  OFFER: `coalesce(k.offer_id, '')`,
  CLUSTER: `coalesce(k.cluster_id, '')`,
  RESOURCE: `coalesce(k.resource, '')`,
  DAY: `to_char(k.at AT TIME ZONE 'UTC', 'YYYY-MM-DD')`,
  MONTH: `to_char(k.at AT TIME ZONE 'UTC', 'YYYY-MM')`,
};

/** Charges in PostgreSQL. A report reads a snapshot, holds no lock that a posting waits for, and ends by itself. */
export const makeSqlCharges = (prisma: PrismaClient): Charges => ({
  async totalsBy({ sight, filter, by }, { first, after }) {
    const values: unknown[] = [];
    const value = (given: string): string => `$${values.push(given)}::text`;
    const keys = [...by.map((dimension) => DIMENSIONS[dimension]), 'k.unit'].map((key) => `(${key}) COLLATE "C"`);
    const where = [...sightOf(sight, values), ...filterOf(filter, value)];
    const having = after === null ? '' : `HAVING (${keys.join(', ')}) > (${after.map((one) => value(one)).join(', ')})`;
    const text = `SELECT ARRAY[${keys.join(', ')}] AS position, k.unit, count(*) AS entries, sum(k.amount)::text AS charged
      FROM charge k JOIN account p ON p.id = k.payer_id JOIN account q ON q.id = k.payee_id
      ${where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`}
      GROUP BY ${keys.join(', ')}, k.unit ${having} ORDER BY ${keys.join(', ')} LIMIT ${value(String(first + 1))}::int`;
    const rows = await readBriefly(prisma, (tx) => tx.$queryRawUnsafe<Row[]>(text, ...values));
    return rows.map((row) => toTotal(by, row));
  },
});

function sightOf(sight: ChargeSight, values: unknown[]): readonly string[] {
  if (sight.kind === 'ALL') return [];
  if (sight.totalsOf !== null) return [`p.owner_id = $${values.push(sight.totalsOf)}::text`];
  const me = `$${values.push(sight.userId)}::text`;
  const groups = `ANY ($${values.push([...sight.administered])}::text[])`;
  return [`(k.user_id = ${me} OR p.owner_id = ${me} OR p.owner_id = ${groups} OR q.owner_id = ${groups})`];
}

function filterOf(filter: ChargeFilter, value: (given: string) => string): readonly string[] {
  const equal: readonly (readonly [string, string | null | undefined])[] = [
    ['k.user_id', filter.userId],
    ['p.owner_id', filter.groupId],
    ['k.payer_id', filter.accountId],
    ['q.owner_id', filter.providerId],
    ['k.grant_id', filter.grantId],
    ['k.offer_id', filter.offerId],
    ['k.cluster_id', filter.clusterId],
  ];
  return [
    // PostgreSQL knows no NUL in a text, so nothing has such a name.
    ...equal.flatMap(([column, wanted]) =>
      wanted == null ? [] : [wanted.includes('\0') ? 'FALSE' : `${column} = ${value(wanted)}`],
    ),
    ...(filter.from == null ? [] : [`k.at >= ${value(filter.from.toISOString())}::timestamptz`]),
    ...(filter.to == null ? [] : [`k.at < ${value(filter.to.toISOString())}::timestamptz`]),
  ];
}

function toTotal(by: readonly ChargeDimension[], { position, unit, entries, charged }: Row): ChargeTotal {
  const textOf = (dimension: ChargeDimension): string | null => position[by.indexOf(dimension)] || null;
  const period = textOf('DAY') ?? textOf('MONTH');
  return {
    userId: textOf('USER'),
    groupId: textOf('GROUP'),
    accountId: textOf('ACCOUNT'),
    providerId: textOf('PROVIDER'),
    grantId: textOf('GRANT'),
    offerId: textOf('OFFER'),
    clusterId: textOf('CLUSTER'),
    resource: textOf('RESOURCE'),
    periodStart: period === null ? null : new Date(`${period.padEnd('YYYY-MM-DD'.length, '-01')}T00:00:00Z`),
    entries,
    charged: { micros: BigInt(charged), unit },
    position,
  };
}
