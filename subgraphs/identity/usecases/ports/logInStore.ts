import type { AuditEntry } from '../../../../platform/audit/audit.js';
import type { Session } from '../../domain/session.js';
import type { AttemptKeys, AttemptLimits, FailureCount } from '../../domain/throttle.js';
import type { Credentials } from '../ports.js';

/** What a log-in begins with. */
export interface LogInStart {
  /** Null where nobody has the name. */
  readonly credentials: Credentials | null;
  readonly counts: readonly FailureCount[];
}

/** All that a right log-in writes, and what it is right by. */
export interface RightLogIn {
  readonly now: Date;
  /** As they were compared: where others stand there now, nothing is written. */
  readonly credentials: Credentials;
  /** The one-time code's step, or the recovery code's digest. */
  readonly factor: { readonly step: number } | { readonly codeHash: Uint8Array };
  readonly keys: AttemptKeys;
  /** Where a counter has come so far, nothing is written. */
  readonly limits: AttemptLimits;
  /** Until when the network is known then. */
  readonly knownUntil: Date;
  readonly session: Session;
  readonly refreshTokenHash: Uint8Array;
  /** The device to remember, and whether it is remembered already. */
  readonly device: { readonly tokenHash: Uint8Array; readonly until: Date; readonly isKnown: boolean } | null;
  readonly audit: Pick<AuditEntry, 'requestId' | 'detail'>;
}

/** What log-ins read and write in one statement each: they are what comes by the thousand, and a statement has its price. */
export interface LogInStore {
  start(username: string | null, keys: AttemptKeys): Promise<LogInStart>;
  /** Writes all of it in one commit; false, and nothing is written, where anything speaks against it by now. */
  openAtOnce(logIn: RightLogIn): Promise<boolean>;
}
