import type { DeviceLogin, DeviceLoginState } from '../../domain/deviceLogin.js';

/** Devices that have a throttle of their own. */
export interface RememberedDeviceStore {
  /** Whether a device is remembered for log-ins by this user name. */
  isRemembered(tokenHash: Uint8Array, username: string, now: Date): Promise<boolean>;
  insert(tokenHash: Uint8Array, userId: string, times: { readonly now: Date; readonly until: Date }): Promise<void>;
  /** Moves the end of a device that is remembered for this person; false where it is not. */
  renew(tokenHash: Uint8Array, userId: string, times: { readonly now: Date; readonly until: Date }): Promise<boolean>;
  /** Forgets all devices of a person. */
  forgetAllOf(userId: string, now: Date): Promise<void>;
}

/** The digests of the two codes of a device login. */
export interface DeviceLoginCodes {
  readonly deviceCodeHash: Uint8Array;
  readonly userCodeHash: Uint8Array;
}

/** Log-ins that are asked for on one device and decided on another. */
export interface DeviceLoginStore {
  /** False where another has one of the codes. */
  insert(login: DeviceLogin, codes: DeviceLoginCodes): Promise<boolean>;
  findByUserCode(userCodeHash: Uint8Array): Promise<DeviceLogin | null>;
  /** Finds it and keeps others from changing it until the transaction ends. */
  lockByUserCode(userCodeHash: Uint8Array): Promise<DeviceLogin | null>;
  /** Likewise, by the device's code. */
  lockByDeviceCode(deviceCodeHash: Uint8Array): Promise<DeviceLogin | null>;
  decide(
    id: string,
    decision: Pick<DeviceLogin, 'approvedUntil'> & {
      readonly state: DeviceLoginState;
      readonly userId: string;
      /** The session that approves; null where it denies. */
      readonly approvedBy: string | null;
      readonly now: Date;
    },
  ): Promise<void>;
  /** Writes down when the next poll may come. */
  polled(id: string, intervalSeconds: number, nextPollAt: Date): Promise<void>;
  complete(id: string, sessionId: string): Promise<void>;
  /** Takes back what a person approved (by one session, where it is named) and no device has redeemed yet. */
  denyApprovedOf(userId: string, approvedBy?: string): Promise<void>;
  /** Denies whatever no device has redeemed yet, decided or not. */
  denyUnredeemed(now: Date): Promise<void>;
}
