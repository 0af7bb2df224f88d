import DataLoader from 'dataloader';
import type { PrismaClient } from '../generated/prisma/client.js';
import type { Loaders } from '../usecases/ports/loaders.js';
import {
  accessKeysOfUser,
  groupsOfUser,
  invitationsOfGroup,
  invitationsOfUser,
  liveSessionsOfUser,
  membersOfGroup,
} from './pages.js';
import { toGroup, toServiceAccount, toSession, userColumns } from './rows.js';
import { liveSecretsOf, pageOfServiceAccounts } from './serviceAccountReads.js';
import { pageOfSigningKeys } from './signingKeyStore.js';

/** Loaders of one request: one statement for each kind of thing in each step of the query. */
export function makeLoaders(prisma: PrismaClient, now: () => Date): Loaders {
  return {
    userById: byKey(
      (ids) => prisma.user.findMany({ where: { id: { in: ids } }, select: userColumns }),
      (user) => user.id,
    ),
    userByUsername: byKey(
      (usernames) => prisma.user.findMany({ where: { username: { in: usernames } }, select: userColumns }),
      (user) => user.username ?? '',
    ),
    groupById: byKey(
      async (ids) => (await prisma.group.findMany({ where: { id: { in: ids } } })).map(toGroup),
      (group) => group.id,
    ),
    serviceAccountById: byKey(
      async (ids) => (await prisma.serviceAccount.findMany({ where: { id: { in: ids } } })).map(toServiceAccount),
      (account) => account.id,
    ),
    secretsOfServiceAccount: new DataLoader((ids: readonly string[]) => liveSecretsOf(prisma, ids, now())),
    serviceAccounts: ({ after, rows }) => pageOfServiceAccounts(prisma, after, rows),
    signingKeys: ({ after, rows }) => pageOfSigningKeys(prisma, after, rows),
    sessionById: byKey(
      async (ids) => (await prisma.session.findMany({ where: { id: { in: ids } } })).map(toSession),
      (session) => session.id,
    ),
    roleInGroup: new DataLoader(
      async (keys: readonly { groupId: string; userId: string }[]) => {
        const found = await prisma.groupMember.findMany({
          where: { OR: [...keys] },
          select: { groupId: true, userId: true, role: true },
        });
        const roles = new Map(found.map(({ groupId, userId, role }) => [`${groupId} ${userId}`, role]));
        return keys.map(({ groupId, userId }) => roles.get(`${groupId} ${userId}`) ?? null);
      },
      { cacheKeyFn: ({ groupId, userId }) => `${groupId} ${userId}` },
    ),
    groupsOfUser: pages((keys) => groupsOfUser(prisma, keys)),
    invitationsOfUser: pages((keys) => invitationsOfUser(prisma, keys, now())),
    invitationsOfGroup: pages((keys) => invitationsOfGroup(prisma, keys, now())),
    membersOfGroup: pages((keys) => membersOfGroup(prisma, keys)),
    accessKeysOfUser: pages((keys) => accessKeysOfUser(prisma, keys)),
    liveSessionsOfUser: pages((keys) => liveSessionsOfUser(prisma, keys, now())),
  };
}

function byKey<Row>(
  findMany: (keys: string[]) => Promise<readonly Row[]>,
  keyOf: (row: Row) => string,
): DataLoader<string, Row | null> {
  return new DataLoader(async (keys) => {
    const rows = new Map((await findMany([...keys])).map((row) => [keyOf(row), row]));
    return keys.map((key) => rows.get(key) ?? null);
  });
}

function pages<Key extends { of: string; after: string | null; rows: number }, Row>(
  readPages: (keys: readonly Key[]) => Promise<readonly (readonly Row[])[]>,
): DataLoader<Key, readonly Row[], string> {
  return new DataLoader(readPages, { cacheKeyFn: ({ of, after, rows }) => JSON.stringify([of, after, rows]) });
}
