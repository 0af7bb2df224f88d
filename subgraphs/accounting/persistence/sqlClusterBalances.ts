import type { SqlSession } from '../../../platform/database/sql.js';
import type { ClusterBalances } from '../usecases/ports/clusterBalances.js';
import { plausible } from './found.js';

interface Row {
  readonly userId: string;
  readonly groupId: string;
  readonly remaining: string;
}

/** What grants leave of clusters, in PostgreSQL: escrows by the ledger, members by the feed, one statement for a page. */
export const makeSqlClusterBalances = (sql: SqlSession): ClusterBalances => ({
  async page({ clusterId, unit }, sight, { first, after }) {
    const [cluster] = plausible('cluster', [clusterId]);
    if (cluster === undefined || unit.includes('\0')) return [];
    const rows = await sql.$queryRawUnsafe<Row[]>(
      BALANCES,
      cluster,
      unit,
      sight?.userId ?? null,
      [...(sight?.administered ?? [])],
      after?.[0] ?? '',
      after?.[1] ?? '',
      first + 1,
    );
    return rows.map(({ userId, groupId, remaining }) => ({
      userId,
      groupId: groupId === '' ? null : groupId,
      remaining: { micros: BigInt(remaining), unit },
    }));
  },
});

// Holds past their time reserve nothing, also before they are tidied.
const BALANCES = `
  WITH grants AS (
    SELECT e.account_id, e.holder_id, e.member_cap, a.posted - a.held + coalesce(late.amount, 0) AS remaining
    FROM escrow e JOIN account a ON a.id = e.account_id AND a.status = 'OPEN' AND a.unit = $2::text
    LEFT JOIN LATERAL (SELECT sum(h.amount - h.captured) AS amount FROM hold h
                       WHERE h.debit_id = a.id AND h.status = 'OPEN' AND h.expires_at <= clock_timestamp()) late ON TRUE
    WHERE e.cluster_id = $1::text AND e.starts_at <= clock_timestamp() AND e.ends_at > clock_timestamp()
  ), shares AS (
    SELECT g.account_id, g.holder_id AS user_id, '' AS group_id, g.member_cap, g.remaining FROM grants g
    WHERE left(g.holder_id, 4) = 'usr_'
    UNION ALL
    SELECT g.account_id, split_part(f.subject, '/', 2), g.holder_id, g.member_cap, g.remaining
    FROM platform.feed_projection f JOIN grants g ON g.holder_id = split_part(f.subject, '/', 1)
    WHERE f.kind = 'MEMBERSHIP' AND f.state IN ('MEMBER', 'ADMIN')
  )
  SELECT s.user_id AS "userId", s.group_id AS "groupId",
         sum(greatest(least(s.remaining, coalesce(b.maximum - u.spent - u.held, s.member_cap, s.remaining)), 0))::bigint::text
           AS remaining
  FROM shares s
  LEFT JOIN budget b ON b.account_id = s.account_id AND b.member_id = s.user_id AND b.cap IS NOT NULL AND b.removed_at IS NULL
  LEFT JOIN budget_use u ON u.budget_id = b.id AND u.period_start = b.starts_at
  WHERE ($3::text IS NULL OR s.user_id = $3::text OR s.group_id = ANY ($4::text[]))
    AND (s.user_id COLLATE "C", s.group_id COLLATE "C") > ($5::text, $6::text)
  GROUP BY s.user_id, s.group_id
  ORDER BY s.user_id COLLATE "C", s.group_id COLLATE "C" LIMIT $7::int`;
