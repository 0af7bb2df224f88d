import type { ServiceAccount, ServiceAccountSecret } from '../domain/serviceAccount.js';
import type { PrismaClient } from '../generated/prisma/client.js';
import { toServiceAccount } from './rows.js';

/** The live secrets of several service accounts, without what they are recognised by; the newest first. */
export async function liveSecretsOf(
  { serviceAccountSecret }: PrismaClient,
  ids: readonly string[],
  now: Date,
): Promise<readonly ServiceAccountSecret[][]> {
  const rows = await serviceAccountSecret.findMany({
    where: { serviceAccountId: { in: [...ids] }, OR: [{ endsAt: null }, { endsAt: { gt: now } }] },
    orderBy: { number: 'desc' },
    select: { serviceAccountId: true, createdAt: true, endsAt: true, lastUsedAt: true },
  });
  return ids.map((id) => rows.filter(({ serviceAccountId }) => serviceAccountId === id));
}

/** A page of all service accounts, by id. */
export async function pageOfServiceAccounts(
  { serviceAccount }: PrismaClient,
  after: string | null,
  rows: number,
): Promise<readonly ServiceAccount[]> {
  const where = after === null ? {} : { id: { gt: after } };
  const found = await serviceAccount.findMany({ where, orderBy: { id: 'asc' }, take: rows });
  return found.map(toServiceAccount);
}
