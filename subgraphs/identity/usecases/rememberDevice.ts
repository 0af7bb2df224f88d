import { identityLimits } from '../domain/limits.js';
import type { Ports, Stores } from './ports.js';

/** The digest under which a device is remembered. */
export const deviceTokenHash = (ports: Ports, deviceToken: string): Uint8Array =>
  ports.secrets.digest(deviceToken.slice(0, identityLimits.opaqueTokenCharactersMax));

/** A client's wish that its device be remembered. */
interface DeviceWish {
  readonly deviceToken?: string | null | undefined;
  readonly rememberDevice?: boolean | null | undefined;
}

const rememberedUntil = (now: Date): Date => new Date(now.getTime() + identityLimits.rememberedDeviceMs);

/** The device of a wish: the one that is known, for another thirty days, or a fresh one; null where nothing is wished. */
export function deviceToRemember(ports: Ports, wish: DeviceWish, isKnown: boolean) {
  if (wish.rememberDevice !== true) return null;
  const known = isKnown ? (wish.deviceToken ?? null) : null;
  const token = known ?? ports.secrets.newToken('tgd');
  const tokenHash = deviceTokenHash(ports, token);
  return { token, tokenHash, until: rememberedUntil(ports.clock.now()), isKnown: known !== null };
}

/**
 * Remembers the device of a person who has just proven who they are, where they wish it: one that is remembered already
 * for another thirty days, else by a fresh token.
 * @returns the token that the client keeps; null where nothing was wished
 */
export async function rememberDevice(
  ports: Ports,
  stores: Stores,
  userId: string,
  wish: DeviceWish,
): Promise<string | null> {
  if (wish.rememberDevice !== true) return null;
  const now = ports.clock.now();
  const times = { now, until: rememberedUntil(now) };
  const known = wish.deviceToken ?? null;
  if (known !== null && (await stores.devices.renew(deviceTokenHash(ports, known), userId, times))) return known;
  const deviceToken = ports.secrets.newToken('tgd');
  await stores.devices.insert(deviceTokenHash(ports, deviceToken), userId, times);
  return deviceToken;
}
