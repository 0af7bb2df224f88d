import type { SqlSession } from '../../../platform/database/sql.js';
import { metadataOf, type UsageAmounts, type UsageRecord, type UsageTotals } from '../domain/usage.js';
import type { PrismaClient } from '../generated/prisma/client.js';
import type { ClusterPeriod, UsageDay, UsageFilter, UsageRecords, UsageSight } from '../usecases/ports/usage.js';
import { readBriefly } from './readBriefly.js';

interface UsageRow {
  readonly clusterId: string;
  readonly externalId: string;
  readonly segment: number;
  readonly revision: number;
  readonly userId: string | null;
  readonly groupId: string | null;
  readonly payerId: string;
  readonly resource: string;
  readonly start: Date;
  readonly end: Date;
  readonly cpuSeconds: bigint;
  readonly gpuSeconds: bigint;
  readonly memoryByteSeconds: string;
  readonly storageByteSeconds: string;
  readonly metadata: string | null;
  readonly unit: string;
  readonly amount: bigint;
  readonly charged: bigint;
  readonly waived: bigint;
  readonly transferId: string | null;
  readonly recordedAt: Date;
}

/** Extra records that one comparison shows. */
const EXTRA_MAX = 1_000;

/** Reads usage records. */
export const makeSqlUsageReads = (sql: PrismaClient): Pick<UsageRecords, 'page' | 'totals' | 'reconcile' | 'days'> => ({
  async page(sight, filter, { first, after }) {
    const where = conditions(sight, filter);
    if (after !== null) {
      const [start, cluster, external, segment] = after.map((value) => where.value(value));
      where.add(
        `(k.starts_at, k.cluster_id, k.external_id, k.segment) < (${start}::timestamptz, ${cluster}, ${external}, ${segment}::int)`,
      );
    }
    const rows = await sql.$queryRawUnsafe<UsageRow[]>(
      `${SELECT} ${where.text()}
       ORDER BY k.starts_at DESC, k.cluster_id DESC, k.external_id DESC, k.segment DESC LIMIT ${where.value(String(first + 1))}::int`,
      ...where.values,
    );
    return rows.map(toRecord);
  },
  async totals(sight, filter) {
    const where = conditions(sight, filter);
    const text = `SELECT c.unit, count(*) AS records, ${SUMS}, ${MONEY}
      FROM usage_record k JOIN rate_card c ON c.id = k.rate_card_id ${where.text()} GROUP BY c.unit ORDER BY c.unit`;
    return toTotals(await readBriefly(sql, (tx) => tx.$queryRawUnsafe<TotalsRow[]>(text, ...where.values)));
  },
  async reconcile(period, sums) {
    const text = (value: (sum: (typeof sums)[number]) => unknown): string[] => sums.map((sum) => String(value(sum)));
    const rows = await sql.$queryRawUnsafe<(Partial<UsageRow> & { ext: string; seg: number; kind: string })[]>(
      RECONCILE,
      period.clusterId,
      period.from.toISOString(),
      period.to.toISOString(),
      text(({ externalId }) => externalId),
      text(({ segment }) => segment),
      text(({ cpuSeconds }) => cpuSeconds),
      text(({ gpuSeconds }) => gpuSeconds),
      text(({ memoryByteSeconds }) => memoryByteSeconds),
      text(({ storageByteSeconds }) => storageByteSeconds),
      EXTRA_MAX + 1,
    );
    const references = (kind: string) =>
      rows
        .filter((row) => row.kind === kind)
        .map((row) => ({
          externalId: row.ext,
          segment: row.seg,
          // The row has all of a record's columns where it is one of the table's.
          record: row.clusterId == null ? null : toRecord(row as UsageRow),
        }));
    const extra = references('EXTRA');
    return {
      missing: references('MISSING'),
      different: references('DIFFERENT'),
      extra: extra.slice(0, EXTRA_MAX),
      hasMoreExtra: extra.length > EXTRA_MAX,
    };
  },
  days: (period) => readBriefly(sql, (tx) => sumDays(tx, period)),
});

const COLUMNS = `k.cluster_id AS "clusterId", k.external_id AS "externalId", k.segment, k.revision, k.user_id AS "userId",
  k.group_id AS "groupId", k.payer_id AS "payerId", k.resource, k.starts_at AS "start", k.ends_at AS "end",
  k.cpu_seconds AS "cpuSeconds", k.gpu_seconds AS "gpuSeconds", k.memory_byte_seconds::text AS "memoryByteSeconds",
  k.storage_byte_seconds::text AS "storageByteSeconds", k.metadata,
  (SELECT c.unit FROM rate_card c WHERE c.id = k.rate_card_id) AS unit, k.amount, k.charged, k.waived,
  k.transfer_id AS "transferId", k.recorded_at AS "recordedAt"`;

const SELECT = `SELECT ${COLUMNS} FROM usage_record k`;

/** Sums of counts; every column is a text. */
export const SUMS = `sum(k.cpu_seconds)::text AS cpu, sum(k.gpu_seconds)::text AS gpu, sum(k.memory_byte_seconds)::text AS memory,
  sum(k.storage_byte_seconds)::text AS storage`;

/** Sums of money; every column is a text. */
export const MONEY = `sum(k.amount)::text AS price, sum(k.charged)::text AS charged, sum(k.waived)::text AS waived`;

// What is listed is looked for in the period alone; what is recorded elsewhere is missing from it.
const RECONCILE = `
  WITH listed AS (
    SELECT * FROM unnest($4::text[], $5::text[]::int[], $6::text[]::bigint[], $7::text[]::bigint[], $8::text[]::numeric[],
                         $9::text[]::numeric[]) AS l(external_id, segment, cpu, gpu, memory, storage)
  ), recorded AS (
    SELECT * FROM usage_record k
    WHERE k.cluster_id = $1::text AND k.starts_at >= $2::text::timestamptz AND k.starts_at < $3::text::timestamptz
  ), compared AS (
    SELECT l.external_id AS ext, l.segment AS seg, CASE WHEN k.cluster_id IS NULL THEN 'MISSING' ELSE 'DIFFERENT' END AS kind
    FROM listed l LEFT JOIN recorded k ON k.external_id = l.external_id AND k.segment = l.segment
    WHERE k.cluster_id IS NULL OR (k.cpu_seconds, k.gpu_seconds, k.memory_byte_seconds, k.storage_byte_seconds)
                               IS DISTINCT FROM (l.cpu, l.gpu, l.memory, l.storage)
    UNION ALL
    (SELECT k.external_id, k.segment, 'EXTRA' FROM recorded k
     WHERE NOT EXISTS (SELECT 1 FROM listed l WHERE l.external_id = k.external_id AND l.segment = k.segment)
     ORDER BY k.external_id, k.segment LIMIT $10::int)
  )
  SELECT c.ext, c.seg, c.kind, ${COLUMNS}
  FROM compared c
  LEFT JOIN usage_record k ON c.kind <> 'MISSING' AND k.cluster_id = $1::text AND k.external_id = c.ext AND k.segment = c.seg
  ORDER BY c.ext, c.seg`;

/** A row with SUMS. */
export interface SumsRow {
  readonly records: bigint;
  readonly cpu: string;
  readonly gpu: string;
  readonly memory: string;
  readonly storage: string;
}

/** A row with SUMS and MONEY. */
export type TotalsRow = SumsRow & {
  readonly unit: string;
  readonly price: string;
  readonly charged: string;
  readonly waived: string;
};

async function sumDays(sql: SqlSession, { clusterId, from, to }: ClusterPeriod): Promise<readonly UsageDay[]> {
  const rows = await sql.$queryRawUnsafe<(SumsRow & { day: Date; digest: string })[]>(
    `SELECT (date_trunc('day', k.starts_at AT TIME ZONE 'UTC')) AT TIME ZONE 'UTC' AS day, count(*) AS records, ${SUMS},
            encode(sha256(convert_to(string_agg(concat_ws(' ', k.external_id, k.segment, k.cpu_seconds, k.gpu_seconds,
                k.memory_byte_seconds, k.storage_byte_seconds) || chr(10), '' ORDER BY k.external_id COLLATE "C", k.segment),
                'UTF8')), 'hex') AS digest
     FROM usage_record k
     WHERE k.cluster_id = $1::text AND k.starts_at >= $2::text::timestamptz AND k.starts_at < $3::text::timestamptz
     GROUP BY 1 ORDER BY 1`,
    clusterId,
    from.toISOString(),
    to.toISOString(),
  );
  return rows.map((row) => ({
    day: row.day,
    records: row.records,
    ...toCounts(row),
    digest: Buffer.from(row.digest, 'hex').toString('base64url'),
  }));
}

/** The counts of a row with SUMS. */
export const toCounts = ({ cpu, gpu, memory, storage }: SumsRow) => ({
  cpuSeconds: BigInt(cpu),
  gpuSeconds: BigInt(gpu),
  memoryByteSeconds: BigInt(memory),
  storageByteSeconds: BigInt(storage),
});

function toTotals(rows: readonly TotalsRow[]): UsageTotals {
  const sum = (value: (row: TotalsRow) => bigint): bigint => rows.reduce((total, row) => total + value(row), 0n);
  return {
    records: sum(({ records }) => records),
    cpuSeconds: sum(({ cpu }) => BigInt(cpu)),
    gpuSeconds: sum(({ gpu }) => BigInt(gpu)),
    memoryByteSeconds: sum(({ memory }) => BigInt(memory)),
    storageByteSeconds: sum(({ storage }) => BigInt(storage)),
    amounts: rows.map(toAmounts),
  };
}

/** The money of a row with MONEY. */
export const toAmounts = ({ unit, price, charged, waived }: TotalsRow): UsageAmounts => ({
  price: { micros: BigInt(price), unit },
  charged: { micros: BigInt(charged), unit },
  waived: { micros: BigInt(waived), unit },
  owed: { micros: BigInt(price) - BigInt(charged) - BigInt(waived), unit },
});

const toRecord = ({
  memoryByteSeconds,
  storageByteSeconds,
  metadata,
  unit,
  amount,
  charged,
  waived,
  ...row
}: UsageRow): UsageRecord => ({
  ...row,
  memoryByteSeconds: BigInt(memoryByteSeconds),
  storageByteSeconds: BigInt(storageByteSeconds),
  metadata: metadataOf(metadata),
  price: { micros: amount, unit },
  charged: { micros: charged, unit },
  waived: { micros: waived, unit },
  owed: { micros: amount - charged - waived, unit },
});

/** Gathers conditions and their parameters, so that every value goes in by its number. */
export function conditions(sight: UsageSight, filter: UsageFilter) {
  const values: unknown[] = [];
  const parts: string[] = [];
  const value = (given: string): string => `$${values.push(given)}::text`;
  const list = (given: readonly string[]): string => `ANY ($${values.push([...given])}::text[])`;
  if (sight.kind === 'CLUSTERS') parts.push(`k.cluster_id = ${list(sight.clusterIds)}`);
  if (sight.kind === 'PRINCIPALS') {
    const ids = list(sight.ids);
    parts.push(
      `(k.user_id = ${ids} OR k.group_id = ${ids} OR k.payer_id = ANY (ARRAY(SELECT a.id FROM account a WHERE a.owner_id = ${ids})))`,
    );
  }
  const equal = (column: string, wanted: string | null | undefined): void => {
    // PostgreSQL knows no NUL in a text, so nothing has such a name.
    if (wanted != null) parts.push(wanted.includes('\0') ? 'FALSE' : `${column} = ${value(wanted)}`);
  };
  equal('k.user_id', filter.userId);
  // Of a group is what was used on its behalf, and what it paid.
  if (filter.groupId != null && !filter.groupId.includes('\0')) {
    const group = value(filter.groupId);
    parts.push(
      `(k.group_id = ${group} OR k.payer_id = ANY (ARRAY(SELECT a.id FROM account a WHERE a.owner_id = ${group})))`,
    );
  } else equal('k.group_id', filter.groupId);
  equal('k.payer_id', filter.accountId);
  equal('k.cluster_id', filter.clusterId);
  equal('k.resource', filter.resource);
  if (filter.from != null) parts.push(`k.starts_at >= ${value(filter.from.toISOString())}::timestamptz`);
  if (filter.to != null) parts.push(`k.starts_at < ${value(filter.to.toISOString())}::timestamptz`);
  return {
    values,
    value,
    add: (part: string): void => void parts.push(part),
    text: (): string => (parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`),
  };
}
