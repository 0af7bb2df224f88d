import type { Group } from '../domain/group.js';
import type { ServiceAccount } from '../domain/serviceAccount.js';
import type { Session } from '../domain/session.js';
import type { User } from '../domain/user.js';
import type * as prisma from '../generated/prisma/client.js';

/** The columns of a person that are no secret. */
export const userColumns = {
  id: true,
  username: true,
  displayName: true,
  email: true,
  status: true,
  operator: true,
  createdAt: true,
  directoryId: true,
  disabledBy: true,
} as const;

/** A person from its row, whatever else was read with it. */
export const toUser = (row: User): User => ({
  id: row.id,
  username: row.username,
  displayName: row.displayName,
  email: row.email,
  status: row.status,
  operator: row.operator,
  createdAt: row.createdAt,
  directoryId: row.directoryId,
  disabledBy: row.disabledBy,
});

/** A session from its row. */
export const toSession = (row: prisma.Session): Session => ({
  id: row.id,
  userId: row.userId,
  createdAt: row.createdAt,
  lastUsedAt: row.lastUsedAt,
  expiresAt: row.expiresAt,
  absoluteExpiresAt: row.absoluteExpiresAt,
  endedAt: row.endedAt,
  ipAddress: row.ipAddress,
  userAgent: row.userAgent,
  clientName: row.clientName,
  scopes: scopesOf(row.scopes),
});

/** Scopes as they are kept: separated by blanks as in a token, null for all that there may be. */
export const scopesOf = (text: string | null): readonly string[] | null =>
  text === null ? null : text.split(' ').filter(Boolean);

/** A group from its row. */
export const toGroup = ({ id, name, archivedAt }: Group): Group => ({ id, name, archivedAt });

/** A service account from its row. */
export const toServiceAccount = ({
  id,
  name,
  scopes,
  clusterIds,
  createdAt,
  lastUsedAt,
  disabledAt,
}: ServiceAccount): ServiceAccount => ({
  id,
  name,
  scopes,
  clusterIds,
  createdAt,
  lastUsedAt,
  disabledAt,
});

/** Bytes as Prisma takes them. */
export const toBytes = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
