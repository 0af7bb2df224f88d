import type { SqlSession } from '../../../platform/database/sql.js';
import type { Group, GroupMember, GroupRole } from '../domain/group.js';
import type { Session } from '../domain/session.js';
import type { PageKey } from '../usecases/ports.js';
import { scopesOf } from './rows.js';

/** Pages of several people's groups, by the group's id. */
export async function groupsOfUser(sql: SqlSession, keys: readonly PageKey[]): Promise<readonly Group[][]> {
  const rows = await readPages<{ id: string; name: string }>(
    sql,
    keys,
    `SELECT "group".id, "group".name
     FROM group_member AS member JOIN "group" ON "group".id = member.group_id
     WHERE member.user_id = page.of AND (page.after IS NULL OR member.group_id > page.after)
     ORDER BY member.group_id LIMIT page.rows`,
  );
  return rows.map((page) => page.map(({ id, name }) => ({ id, name })));
}

/** Pages of several groups' members, by the person's id. */
export async function membersOfGroup(sql: SqlSession, keys: readonly PageKey[]): Promise<readonly GroupMember[][]> {
  const rows = await readPages<{ group_id: string; user_id: string; role: GroupRole }>(
    sql,
    keys,
    `SELECT member.group_id, member.user_id, member.role::text AS role
     FROM group_member AS member
     WHERE member.group_id = page.of AND (page.after IS NULL OR member.user_id > page.after)
     ORDER BY member.user_id LIMIT page.rows`,
  );
  return rows.map((page) => page.map((row) => ({ groupId: row.group_id, userId: row.user_id, role: row.role })));
}

/** Pages of several people's live sessions, the newest first. */
export async function liveSessionsOfUser(
  sql: SqlSession,
  keys: readonly PageKey[],
  now: Date,
): Promise<readonly Session[][]> {
  const rows = await readPages<Omit<Session, 'scopes'> & { scopes: string | null }>(
    sql,
    keys,
    `SELECT id, user_id AS "userId", created_at AS "createdAt", last_used_at AS "lastUsedAt",
            expires_at AS "expiresAt", absolute_expires_at AS "absoluteExpiresAt", ended_at AS "endedAt",
            ip_address AS "ipAddress", user_agent AS "userAgent", client_name AS "clientName", scopes
     FROM session
     WHERE user_id = page.of AND ended_at IS NULL AND expires_at > $2::timestamptz
       AND (page.after IS NULL OR id < page.after)
     ORDER BY id DESC LIMIT page.rows`,
    now,
  );
  return rows.map((page) => page.map((row) => ({ ...row, scopes: scopesOf(row.scopes) })));
}

/**
 * Reads the pages of all keys in one statement; `lateral` reads one, from the columns of `page`. A lateral subquery with
 * a limit is run once for each key, so its order is kept.
 */
async function readPages<Row>(
  sql: SqlSession,
  keys: readonly PageKey[],
  lateral: string,
  ...values: readonly unknown[]
): Promise<Row[][]> {
  const rows = await sql.$queryRawUnsafe<(Row & { number: number })[]>(
    `SELECT page.number, found.*
     FROM jsonb_to_recordset($1::jsonb) AS page(number int, of text, after text, rows int)
     CROSS JOIN LATERAL (${lateral}) AS found`,
    JSON.stringify(keys.map(({ of, after, rows: limit }, number) => ({ number, of, after, rows: limit }))),
    ...values,
  );
  return keys.map((_key, number) => rows.filter((row) => row.number === number));
}
