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

// By an index, however many members and people there are: of people with grants of their own a page, of each group that has grants
// of the cluster as many members as a page could need, since any group may fill it, and of the one person who asks a membership in
// each such group. So a page of everybody's reads up to (groups with grants) x (page + 2) memberships, and its time grows with the
// groups, not with their size. Holds past their time reserve nothing, also before they are tidied: neither of the grant nor of the
// member who placed them.
// $1 cluster, $2 unit, $3 who asks, or NULL for everybody's, $4 the groups whose ADMIN that is, $5 and $6 what the page goes on
// after, $7 its rows and one more.
const LIVE = `e.cluster_id = $1::text AND e.closed_at IS NULL AND e.starts_at <= clock_timestamp() AND e.ends_at > clock_timestamp()
  AND EXISTS (SELECT 1 FROM account a WHERE a.id = e.account_id AND a.status = 'OPEN' AND a.unit = $2::text)`;
const BALANCES = `
  WITH people AS (
    SELECT DISTINCT e.holder_id COLLATE "C" AS user_id FROM escrow e
    WHERE ${LIVE} AND e.holder_id COLLATE "C" > greatest('usr_' COLLATE "C", $5::text)
      AND e.holder_id COLLATE "C" BETWEEN coalesce($3::text, 'usr_') AND coalesce($3::text, 'usr\`')
    ORDER BY 1 LIMIT $7::int
  ), groups AS (
    SELECT DISTINCT e.holder_id AS id FROM escrow e
    WHERE ${LIVE} AND e.holder_id COLLATE "C" > 'grp_' AND e.holder_id COLLATE "C" < 'grp\`'
  ), shares AS (
    SELECT user_id, '' AS group_id FROM people
    UNION ALL
    SELECT split_part(m.subject, '/', 2), g.id
    FROM groups g CROSS JOIN LATERAL (
      SELECT f.subject FROM platform.feed_projection f
      WHERE f.kind = 'MEMBERSHIP' AND f.state IN ('MEMBER', 'ADMIN')
        AND f.subject COLLATE "C" >= g.id || '/' || $5::text AND f.subject COLLATE "C" < g.id || '0'
      ORDER BY f.subject COLLATE "C" LIMIT $7::int + 1) m
    WHERE $3::text IS NULL OR g.id = ANY ($4::text[])
    UNION ALL
    SELECT $3::text, g.id
    FROM groups g JOIN platform.feed_projection f ON f.kind = 'MEMBERSHIP' AND f.subject = g.id || '/' || $3::text
    WHERE f.state IN ('MEMBER', 'ADMIN') AND g.id <> ALL ($4::text[])
  ), page AS (
    SELECT s.user_id, s.group_id FROM shares s
    WHERE (s.user_id COLLATE "C", s.group_id COLLATE "C") > ($5::text, $6::text)
    ORDER BY s.user_id COLLATE "C", s.group_id COLLATE "C" LIMIT $7::int
  )
  SELECT p.user_id AS "userId", p.group_id AS "groupId",
         sum(greatest(least(r.left, coalesce(b.maximum - u.spent - u.held + r.late_of_member, e.member_cap, r.left)), 0))::bigint::text
           AS remaining
  FROM page p
  JOIN escrow e ON e.holder_id = coalesce(nullif(p.group_id, ''), p.user_id) AND ${LIVE}
  CROSS JOIN LATERAL (
    SELECT a.posted - a.held + coalesce(sum(h.amount - h.captured), 0) AS left,
           coalesce(sum(h.amount - h.captured) FILTER (WHERE h.spender_id = p.user_id), 0) AS late_of_member
    FROM account a LEFT JOIN hold h ON h.debit_id = a.id AND h.status = 'OPEN' AND h.expires_at <= clock_timestamp()
    WHERE a.id = e.account_id GROUP BY a.id) r
  LEFT JOIN budget b ON b.account_id = e.account_id AND b.member_id = p.user_id AND b.cap IS NOT NULL AND b.removed_at IS NULL
  LEFT JOIN budget_use u ON u.budget_id = b.id AND u.period_start = b.starts_at
  GROUP BY p.user_id, p.group_id
  ORDER BY p.user_id COLLATE "C", p.group_id COLLATE "C"`;
