import { faultpoint } from '../../../platform/faultpoint.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { makeCheckPhrase } from '../domain/checkPhrase.js';
import { type DeviceLogin, parseDeviceLoginWish } from '../domain/deviceLogin.js';
import { identityLimits } from '../domain/limits.js';
import { deviceLoginLimits } from '../domain/throttle.js';
import { makeUserCode } from '../domain/userCode.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { Ports } from './ports.js';
import { countOrRefuse } from './throttling.js';

/** Which client asks, on which machine, and for what. */
interface StartDeviceLoginInput {
  readonly clientName: string;
  readonly host?: string | null | undefined;
  /** Absent: all that the person may. */
  readonly scopes?: readonly string[] | null | undefined;
}

/** What the device keeps, and what it shows to the person. */
interface DeviceLoginStarted {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string;
  readonly qrCodeSvg: string;
  readonly checkPhrase: string;
  readonly expiresAt: Date;
  /** Seconds between two polls. */
  readonly interval: number;
}

/** User codes are few enough that two can be the same, and so many that three in a row are not. */
const ATTEMPTS = 3;

/**
 * Begins a log-in that is approved on another device (RFC 8628, 3.1 and 3.2). Nobody is asked who they are.
 * Refusal: INVALID_INPUT (a text's form, or a scope that does not exist). Fault: RATE_LIMITED after too many from one
 * network.
 * @param settings.publicUrl where people reach the gateway
 */
export const startDeviceLogin =
  (ports: Ports, settings: { publicUrl(): Promise<string> }) =>
  async (input: StartDeviceLoginInput, call: Call): Promise<Result<DeviceLoginStarted, Refusal>> => {
    const wish = parseDeviceLoginWish(input);
    if (!wish.ok) return wish;
    const now = ports.clock.now();
    await countOrRefuse(ports.database.failures, deviceLoginLimits(call.clientIp), now);
    const interval = identityLimits.devicePollIntervalSeconds;
    const login: DeviceLogin = {
      ...wish.value,
      id: ports.newId('deviceLogin'),
      checkPhrase: makeCheckPhrase(ports.secrets.below),
      ipAddress: call.clientIp,
      userAgent: call.userAgent.slice(0, identityLimits.userAgentCharactersMax),
      state: 'PENDING',
      createdAt: now,
      expiresAt: new Date(now.getTime() + identityLimits.deviceLoginLifetimeMs),
      intervalSeconds: interval,
      nextPollAt: now,
      userId: null,
      approvedUntil: null,
    };
    const publicUrl = await settings.publicUrl();
    const { deviceCode, userCode } = await insertWithCodes(ports, login, call);
    await faultpoint('identity.startDeviceLogin.afterCommit');
    const verificationUri = new URL('/device', publicUrl).href;
    const verificationUriComplete = `${verificationUri}?userCode=${userCode}`;
    const qrCodeSvg = await ports.drawQrCode(verificationUriComplete);
    const { checkPhrase, expiresAt } = login;
    return ok({
      deviceCode,
      userCode,
      verificationUri,
      verificationUriComplete,
      qrCodeSvg,
      checkPhrase,
      expiresAt,
      interval,
    });
  };

async function insertWithCodes(ports: Ports, login: DeviceLogin, call: Call) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const deviceCode = ports.secrets.newToken('tgc');
    const userCode = makeUserCode(ports.secrets.below);
    const codes = {
      deviceCodeHash: ports.secrets.digest(deviceCode),
      userCodeHash: ports.secrets.digest(userCode),
    };
    const inserted = await ports.database.transaction(async (stores) => {
      if (!(await stores.deviceLogins.insert(login, codes))) return false;
      await stores.audit.write(auditEntry(call, { action: 'startDeviceLogin', target: login.id, outcome: 'OK' }));
      return true;
    });
    if (inserted) return { deviceCode, userCode };
  }
  throw new Error('no free user code was found');
}
