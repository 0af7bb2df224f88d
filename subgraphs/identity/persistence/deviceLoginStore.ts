import type { DeviceLogin } from '../domain/deviceLogin.js';
import type * as prisma from '../generated/prisma/client.js';
import type { DeviceLoginStore } from '../usecases/ports/devices.js';
import type { Connection } from './database.js';
import { scopesOf, toBytes } from './rows.js';

/** Log-ins that are asked for on one device and decided on another. */
export function deviceLoginStore(connection: Connection): DeviceLoginStore {
  const { deviceLogin } = connection;
  const find = async (where: prisma.Prisma.DeviceLoginWhereUniqueInput): Promise<DeviceLogin | null> => {
    const row = await deviceLogin.findUnique({ where });
    return row === null ? null : toDeviceLogin(row);
  };
  const lock = async (column: 'user_code_hash' | 'device_code_hash', hash: Uint8Array): Promise<DeviceLogin | null> => {
    // The row's lock puts decision and polls one after the other: one approval opens one session.
    const [row] = await connection.$queryRawUnsafe<{ id: string }[]>(
      `SELECT id FROM device_login WHERE ${column} = $1 FOR UPDATE`,
      toBytes(hash),
    );
    return row === undefined ? null : find({ id: row.id });
  };
  const update = async (id: string, data: prisma.Prisma.DeviceLoginUncheckedUpdateInput): Promise<void> =>
    void (await deviceLogin.update({ where: { id }, data, select: { id: true } }));

  return {
    async insert({ state, scopes, ...rest }, codes) {
      const data = {
        ...rest,
        status: state,
        scopes: scopes?.join(' ') ?? null,
        deviceCodeHash: toBytes(codes.deviceCodeHash),
        userCodeHash: toBytes(codes.userCodeHash),
      };
      const { count } = await deviceLogin.createMany({ data: [data], skipDuplicates: true });
      return count === 1;
    },
    findByUserCode: (hash) => find({ userCodeHash: toBytes(hash) }),
    lockByUserCode: (hash) => lock('user_code_hash', hash),
    lockByDeviceCode: (hash) => lock('device_code_hash', hash),
    decide: (id, { state, userId, approvedUntil, approvedBy, now }) =>
      update(id, { status: state, userId, approvedUntil, approvedBy, decidedAt: now }),
    polled: (id, intervalSeconds, nextPollAt) => update(id, { intervalSeconds, nextPollAt }),
    complete: (id, sessionId) => update(id, { status: 'COMPLETED', sessionId }),
    async denyApprovedOf(userId, approvedBy) {
      const where = { userId, status: 'APPROVED' as const, ...(approvedBy === undefined ? {} : { approvedBy }) };
      await deviceLogin.updateMany({ where, data: { status: 'DENIED' } });
    },
    async denyUnredeemed(now) {
      const where = { status: { in: ['PENDING' as const, 'APPROVED' as const] } };
      await deviceLogin.updateMany({ where, data: { status: 'DENIED', decidedAt: now } });
    },
  };
}

const toDeviceLogin = (row: prisma.DeviceLogin): DeviceLogin => ({
  id: row.id,
  checkPhrase: row.checkPhrase,
  clientName: row.clientName,
  host: row.host,
  scopes: scopesOf(row.scopes),
  ipAddress: row.ipAddress,
  userAgent: row.userAgent,
  state: row.status,
  createdAt: row.createdAt,
  expiresAt: row.expiresAt,
  intervalSeconds: row.intervalSeconds,
  nextPollAt: row.nextPollAt,
  userId: row.userId,
  approvedUntil: row.approvedUntil,
});
