import type { RememberedDeviceStore } from '../usecases/ports/devices.js';
import type { Connection } from './database.js';
import { toBytes } from './rows.js';

/** Devices that have a throttle of their own. */
export function rememberedDeviceStore({ rememberedDevice }: Connection): RememberedDeviceStore {
  return {
    async isRemembered(tokenHash, username, now) {
      const where = { tokenHash: toBytes(tokenHash), expiresAt: { gt: now }, user: { username } };
      return (await rememberedDevice.findFirst({ where, select: { userId: true } })) !== null;
    },

    async insert(tokenHash, userId, { now, until }) {
      const data = { tokenHash: toBytes(tokenHash), userId, createdAt: now, expiresAt: until };
      await rememberedDevice.create({ data, select: { userId: true } });
    },

    async renew(tokenHash, userId, { now, until }) {
      const { count } = await rememberedDevice.updateMany({
        where: { tokenHash: toBytes(tokenHash), userId, expiresAt: { gt: now } },
        data: { expiresAt: until },
      });
      return count === 1;
    },

    async forgetAllOf(userId, now) {
      await rememberedDevice.updateMany({ where: { userId, expiresAt: { gt: now } }, data: { expiresAt: now } });
    },
  };
}
