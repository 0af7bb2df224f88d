import { isConflict } from '../../../platform/database/transactionally.js';
import { newId } from '../../../platform/kernel/ids.js';
import type { User } from '../domain/user.js';
import type { LogInStore } from '../usecases/ports/logInStore.js';
import type { Credentials } from '../usecases/ports.js';
import type { Connection } from './database.js';
import { toBytes, toUser } from './rows.js';

interface Count {
  readonly key: string;
  readonly failures: number;
  readonly windowEndsAtMs: number;
}

/** The counters, beside somebody or nobody. */
type StartRow = { readonly counts: readonly Count[] } & (
  | (User & Pick<Credentials, 'passwordHash' | 'totpSecret'>)
  | { readonly id: null }
);

/** Log-ins, in one statement where the rest of identity takes several. */
export function logInStore(connection: Connection): LogInStore {
  return {
    async start(username, keys) {
      const [row] = await connection.$queryRawUnsafe<StartRow[]>(
        START,
        username,
        [keys.password, keys.code, keys.network, keys.known, keys.anywhere].filter((key) => key !== null),
      );
      const counts = (row?.counts ?? []).map(({ windowEndsAtMs, ...count }) => ({
        ...count,
        windowEndsAt: new Date(windowEndsAtMs),
      }));
      if (row === undefined || row.id === null) return { credentials: null, counts };
      const { passwordHash, totpSecret } = row;
      return { credentials: { user: toUser(row), passwordHash, totpSecret }, counts };
    },

    async openAtOnce({ now, credentials, factor, keys, limits, knownUntil, session, refreshTokenHash, device, audit }) {
      try {
        const [row] = await connection.$queryRawUnsafe<{ opened: boolean }[]>(
          OPEN,
          now,
          keys.code,
          [...limits.keys()],
          [...limits.values()],
          credentials.user.id,
          credentials.passwordHash,
          credentials.totpSecret === null ? null : toBytes(credentials.totpSecret),
          'step' in factor ? factor.step : null,
          'step' in factor ? null : toBytes(factor.codeHash),
          [keys.password, keys.code],
          keys.known,
          knownUntil,
          session.id,
          session.expiresAt,
          session.absoluteExpiresAt,
          session.ipAddress,
          session.userAgent,
          toBytes(refreshTokenHash),
          device === null ? null : toBytes(device.tokenHash),
          device?.until ?? null,
          device?.isKnown ?? false,
          newId('audit'),
          audit.requestId,
          JSON.stringify(audit.detail ?? {}),
        );
        return row?.opened === true;
      } catch (error) {
        // Taken back by the database for another's sake: the steps are, too, and are run again.
        if (isConflict(error)) return false;
        throw error;
      }
    },
  };
}

const START = `
  SELECT person.id, person.username, person.display_name AS "displayName", person.email, person.status::text AS status,
         person.operator, person.created_at AS "createdAt", person.directory_id AS "directoryId",
         person.disabled_by::text AS "disabledBy", person.password_hash AS "passwordHash",
         person.totp_secret AS "totpSecret", counted.counts
  FROM (SELECT coalesce(jsonb_agg(jsonb_build_object(
                 'key', key, 'failures', failures,
                 'windowEndsAtMs', (extract(epoch FROM window_ends_at) * 1000)::bigint)), '[]') AS counts
        FROM failure_counter WHERE key = ANY ($2::text[])) AS counted
  LEFT JOIN "user" AS person ON person.username = $1`;

const OPEN = `
  SELECT open_log_in($1::timestamptz, $2, $3::text[], $4::int[], $5, $6, $7::bytea, $8::int, $9::bytea, $10::text[], $11,
                     $12::timestamptz, $13, $14::timestamptz, $15::timestamptz, $16, $17, $18::bytea, $19::bytea,
                     $20::timestamptz, $21::boolean, $22, $23, $24::jsonb) AS opened`;
