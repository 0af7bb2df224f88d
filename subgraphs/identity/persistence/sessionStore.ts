import { idleExpiryFrom, isLive } from '../domain/session.js';
import type { SessionStore } from '../usecases/ports/sessionStore.js';
import type { Connection } from './database.js';
import { toBytes, toSession, toUser, userColumns } from './rows.js';

/** Sessions and their refresh tokens. */
export function sessionStore(connection: Connection): SessionStore {
  const { session, refreshToken } = connection;
  return {
    async insert({ scopes, ...rest }) {
      await session.create({ data: { ...rest, scopes: scopes?.join(' ') ?? null }, select: { id: true } });
    },

    async find(id) {
      const row = await session.findUnique({ where: { id } });
      return row === null ? null : toSession(row);
    },

    async ownerOfUnspent(hash) {
      const found = await refreshToken.findUnique({
        where: { tokenHash: toBytes(hash), usedAt: null },
        select: { session: { select: { user: { select: userColumns } } } },
      });
      return found?.session.user ?? null;
    },

    async touch(id, now) {
      // The lock makes a log-out that runs at the same time come before or after, never between.
      await connection.$executeRawUnsafe('SELECT 1 FROM session WHERE id = $1 FOR UPDATE', id);
      const found = await session.findUnique({ where: { id }, include: { user: { select: userColumns } } });
      if (found === null || !isLive(toSession(found), now) || found.user.status !== 'ACTIVE') return null;
      const expiresAt = idleExpiryFrom(now, found.absoluteExpiresAt);
      const row = await session.update({ where: { id }, data: { lastUsedAt: now, expiresAt } });
      return { session: toSession(row), user: toUser(found.user) };
    },

    async end(id, endReason, now) {
      const { count } = await session.updateMany({ where: { id, endedAt: null }, data: { endedAt: now, endReason } });
      return count === 1;
    },

    async endAllOf(userId, endReason, now, exceptId) {
      const ended = await session.updateManyAndReturn({
        // Those whose time is over have ended by themselves.
        where: {
          userId,
          endedAt: null,
          expiresAt: { gt: now },
          ...(exceptId === undefined ? {} : { id: { not: exceptId } }),
        },
        data: { endedAt: now, endReason },
        select: { id: true },
      });
      return ended.map(({ id }) => id);
    },

    async endAll(endReason, now) {
      const ended = await session.updateManyAndReturn({
        where: { endedAt: null, expiresAt: { gt: now } },
        data: { endedAt: now, endReason },
        select: { id: true },
      });
      return ended.map(({ id }) => id);
    },

    async addRefreshToken(sessionId, tokenHash, createdAt) {
      const data = { tokenHash: toBytes(tokenHash), sessionId, createdAt };
      await refreshToken.create({ data, select: { sessionId: true } });
    },

    async useRefreshToken(hash, now) {
      const tokenHash = toBytes(hash);
      // One statement, so that of parallel uses one is the first; the others wait for it and find the token spent.
      const [first] = await connection.$queryRawUnsafe<{ session_id: string }[]>(
        'UPDATE refresh_token SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL RETURNING session_id',
        tokenHash,
        now,
      );
      if (first !== undefined) return { kind: 'FIRST', sessionId: first.session_id };
      const spent = await refreshToken.findUnique({ where: { tokenHash }, select: { sessionId: true } });
      return spent === null ? { kind: 'UNKNOWN' } : { kind: 'REUSED', sessionId: spent.sessionId };
    },
  };
}
