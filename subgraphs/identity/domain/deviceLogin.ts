import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { identityLimits } from './limits.js';
import { allScopes, narrowScopes } from './scopes.js';

/** Where a device login is in its life, as it is kept. That its time is over shows in `expiresAt` alone. */
export type DeviceLoginState = 'PENDING' | 'APPROVED' | 'DENIED' | 'COMPLETED';

/** A log-in that is asked for on one device and decided on another (RFC 8628). */
export interface DeviceLogin {
  readonly id: string;
  readonly checkPhrase: string;
  /** What the client calls itself, and the machine it runs on: claims of a stranger. */
  readonly clientName: string;
  readonly host: string | null;
  /** The scopes asked for; null: all that the person may. */
  readonly scopes: readonly string[] | null;
  readonly ipAddress: string;
  readonly userAgent: string;
  readonly state: DeviceLoginState;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly intervalSeconds: number;
  /** A poll before this one is too early. */
  readonly nextPollAt: Date;
  /** Who decided. */
  readonly userId: string | null;
  /** When the approver's session ends at the latest, and with it the one that the device gets; null where not approved. */
  readonly approvedUntil: Date | null;
}

/** What a client asks for. */
export type DeviceLoginWish = Pick<DeviceLogin, 'clientName' | 'host' | 'scopes'>;

/** Reads what a client asks for. Refusal: INVALID_INPUT (a text's form, a scope that does not exist). */
export function parseDeviceLoginWish(input: {
  readonly clientName: string;
  readonly host?: string | null | undefined;
  readonly scopes?: readonly string[] | null | undefined;
}): Result<DeviceLoginWish, InvalidInput> {
  const max = identityLimits.clientNameCharactersMax;
  const clientName = parseLine(input.clientName, ['clientName'], max);
  if (!clientName.ok) return clientName;
  const host = input.host == null ? ok(null) : parseLine(input.host, ['host'], max);
  if (!host.ok) return host;
  const wanted = input.scopes ?? null;
  const scopes = wanted === null || wanted.length > identityLimits.scopesMax ? null : narrowScopes(wanted, allScopes);
  if (wanted !== null && scopes === null) {
    return err(invalidInput(['scopes'], `A scope is one of: ${allScopes.join(' ')}.`));
  }
  return ok({ clientName: clientName.value, host: host.value, scopes });
}

/** Where a device login is in its life, as it is shown. */
export const shownState = ({ state, expiresAt }: DeviceLogin, now: Date): DeviceLoginState | 'EXPIRED' =>
  state !== 'COMPLETED' && expiresAt <= now ? 'EXPIRED' : state;

/** Whether a person may see it: whoever has its code while it is undecided, afterwards who decided. */
export const isShownTo = (login: DeviceLogin, userId: string, now: Date): boolean =>
  login.userId === null ? login.expiresAt > now : login.userId === userId;

/** Whether a poll comes too early (RFC 8628, 3.5). */
export const pollsTooEarly = (login: DeviceLogin, now: Date): boolean => now < login.nextPollAt;

/** The interval from now on, where the last poll came too early or not. */
export const intervalAfter = ({ intervalSeconds }: DeviceLogin, tooEarly: boolean): number =>
  tooEarly
    ? Math.min(intervalSeconds + identityLimits.devicePollSlowDownSeconds, identityLimits.devicePollIntervalSecondsMax)
    : intervalSeconds;
