import type { SqlSession } from '../../../platform/database/sql.js';
import type { Group, GroupMember } from '../domain/group.js';
import type { GroupInvitation } from '../domain/invitation.js';
import type { PersonalAccessKey } from '../domain/personalAccessKey.js';
import type { Session } from '../domain/session.js';
import type { PageKey } from '../usecases/ports/loaders.js';
import { scopesOf, toGroup } from './rows.js';

/** Pages of several people's groups, by the group's id. */
export async function groupsOfUser(sql: SqlSession, keys: readonly PageKey[]): Promise<readonly Group[][]> {
  const rows = await readPages<Group>(
    sql,
    keys,
    `SELECT "group".id, "group".name, "group".archived_at AS "archivedAt"
     FROM group_member AS member JOIN "group" ON "group".id = member.group_id
     WHERE member.user_id = page.of AND (page.after IS NULL OR member.group_id > page.after)
     ORDER BY member.group_id LIMIT page.rows`,
  );
  return rows.map((page) => page.map(toGroup));
}

/** Pages of several groups' members, by the person's id. */
export async function membersOfGroup(sql: SqlSession, keys: readonly PageKey[]): Promise<readonly GroupMember[][]> {
  return readPages<GroupMember>(
    sql,
    keys,
    `SELECT member.group_id AS "groupId", member.user_id AS "userId", member.role::text AS role,
            member.source::text AS source
     FROM group_member AS member
     WHERE member.group_id = page.of AND (page.after IS NULL OR member.user_id > page.after)
     ORDER BY member.user_id LIMIT page.rows`,
  );
}

/** Pages of several people's invitations that count still, by the group's id. */
export const invitationsOfUser = (sql: SqlSession, keys: readonly PageKey[], now: Date) =>
  invitations(sql, keys, { of: 'user_id', by: 'group_id' }, now);

/** Pages of several groups' invitations that count still, by the person's id. */
export const invitationsOfGroup = (sql: SqlSession, keys: readonly PageKey[], now: Date) =>
  invitations(sql, keys, { of: 'group_id', by: 'user_id' }, now);

function invitations(
  sql: SqlSession,
  keys: readonly PageKey[],
  columns: { readonly of: 'user_id' | 'group_id'; readonly by: 'user_id' | 'group_id' },
  now: Date,
): Promise<readonly GroupInvitation[][]> {
  return readPages<GroupInvitation>(
    sql,
    keys,
    `SELECT group_id AS "groupId", user_id AS "userId", role::text AS role, inviter_id AS "inviterId",
            created_at AS "createdAt", expires_at AS "expiresAt"
     FROM group_invitation
     WHERE ${columns.of} = page.of AND expires_at > $2::timestamptz
       AND (page.after IS NULL OR ${columns.by} > page.after)
     ORDER BY ${columns.by} LIMIT page.rows`,
    now,
  );
}

/** Pages of several people's personal access keys, the newest first, also those that are over. */
export async function accessKeysOfUser(
  sql: SqlSession,
  keys: readonly PageKey[],
): Promise<readonly PersonalAccessKey[][]> {
  return readPages<PersonalAccessKey>(
    sql,
    keys,
    `SELECT id, user_id AS "userId", name, scopes, created_at AS "createdAt", expires_at AS "expiresAt",
            last_used_at AS "lastUsedAt", revoked_at AS "revokedAt"
     FROM personal_access_key
     WHERE user_id = page.of AND (page.after IS NULL OR id < page.after)
     ORDER BY id DESC LIMIT page.rows`,
  );
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
