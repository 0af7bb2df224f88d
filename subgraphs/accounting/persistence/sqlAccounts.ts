import type { Account, AccountKind, AccountStatus } from '../domain/account.js';
import type { AccountSums } from '../domain/balance.js';
import type { Account as AccountRow, PrismaClient } from '../generated/prisma/client.js';
import type { Accounts } from '../usecases/ports.js';
import { byKey, groupBy, plausible } from './found.js';
import { SUMS_AT } from './sumsAt.js';
import { toTime } from './timeSql.js';

/** Accounts in PostgreSQL. */
export function makeSqlAccounts(prisma: PrismaClient): Accounts {
  return {
    async byIds(ids) {
      const rows = await prisma.account.findMany({ where: { id: { in: plausible('account', ids) } } });
      return byKey(rows.map(toAccount), ({ id }) => id);
    },
    async sumsOf(ids) {
      const rows = await prisma.$queryRawUnsafe<(AccountSums & { id: string })[]>(SUMS, [...ids]);
      return byKey(rows, ({ id }) => id);
    },
    async sumsAt(ids, { at, basis }) {
      const rows = await prisma.$queryRawUnsafe<(AccountSums & { id: string })[]>(SUMS_AT, [...ids], toTime(at), basis);
      return byKey(rows, ({ id }) => id);
    },
    async ofOwners(ownerIds, { first, after }) {
      const rows = await prisma.$queryRawUnsafe<Account[]>(OF_OWNERS, [...ownerIds], after?.[0] ?? '', first + 1);
      return groupBy(
        rows,
        ({ ownerId }) => ownerId ?? '',
        (row) => row,
      );
    },
  };
}

// Holds past their time count neither on this side nor on the other: one statement, so one snapshot.
const SUMS = `
  SELECT a.id, a.unit, a.posted, a.overdraft_limit AS "overdraftLimit",
         (a.held - coalesce((SELECT sum(h.amount - h.captured) FROM hold h
                             WHERE h.debit_id = a.id AND h.status = 'OPEN' AND h.expires_at <= clock.now), 0))::bigint AS held,
         coalesce((SELECT sum(h.amount - h.captured) FROM hold h
                   WHERE h.credit_id = a.id AND h.status = 'OPEN' AND h.expires_at > clock.now), 0)::bigint AS incoming
  FROM account a, (SELECT clock_timestamp() AS now) AS clock
  WHERE a.id = ANY ($1::text[])`;

const OF_OWNERS = `
  SELECT a.id, a.name, a.kind, a.unit, a.status, a.owner_id AS "ownerId"
  FROM unnest($1::text[]) AS owner(id)
  CROSS JOIN LATERAL (SELECT * FROM account x WHERE x.owner_id = owner.id AND x.id > $2::text ORDER BY x.id LIMIT $3::int) a
  ORDER BY a.id`;

// The casts hold by the constraints account_kind and account_status.
const toAccount = ({ id, name, kind, unit, status, ownerId }: AccountRow): Account => ({
  id,
  name,
  kind: kind as AccountKind,
  unit,
  status: status as AccountStatus,
  ownerId,
});
