import type { AuditEntry } from '../../../platform/audit/audit.js';
import type { FeedPosition, FeedSource } from '../../../platform/auth/feedRow.js';
import type { Clock } from '../../../platform/kernel/clock.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import type { AccessClaims } from '../domain/accessClaims.js';
import type { FeedChange } from '../domain/feed.js';
import type { FailureCount } from '../domain/throttle.js';
import type { DisabledBy, User } from '../domain/user.js';
import type { DeviceLoginStore, RememberedDeviceStore } from './ports/devices.js';
import type { DirectoryChecks, DirectoryUnavailable, DirectoryUse } from './ports/directory.js';
import type { GroupStore } from './ports/groupStore.js';
import type { InvitationStore } from './ports/invitationStore.js';
import type { LogInStore } from './ports/logInStore.js';
import type { MandateStore, MandateTokens } from './ports/mandates.js';
import type { Once } from './ports/once.js';
import type { PersonalAccessKeyStore } from './ports/personalAccessKeys.js';
import type { Removal } from './ports/removal.js';
import type { KeyEncryptionKeys, SealedStore, Sealer } from './ports/sealing.js';
import type { ServiceAccountStore } from './ports/serviceAccountStore.js';
import type { SessionStore } from './ports/sessionStore.js';
import type { KeyRing, KeySchedule, NewSigningKeyPair, SigningKeyStore } from './ports/signingKeys.js';

/** Identity's data. Whatever is called on it directly is a transaction of its own. */
export interface Database extends Stores {
  readonly logIns: LogInStore;
  /** Runs work in one transaction; it may be run again after a conflict, so it has no other effects. */
  transaction<Value>(work: (stores: Stores) => Promise<Value>, options?: { timeoutMs?: number }): Promise<Value>;
}

/** What can be read and written in one transaction. */
export interface Stores {
  readonly users: UserStore;
  readonly enrolments: EnrolmentStore;
  readonly recoveryCodes: RecoveryCodeStore;
  readonly sessions: SessionStore;
  readonly devices: RememberedDeviceStore;
  readonly deviceLogins: DeviceLoginStore;
  readonly groups: GroupStore;
  readonly invitations: InvitationStore;
  readonly serviceAccounts: ServiceAccountStore;
  readonly mandates: MandateStore;
  readonly personalAccessKeys: PersonalAccessKeyStore;
  readonly signingKeys: SigningKeyStore;
  readonly keySchedule: KeySchedule;
  readonly sealed: SealedStore;
  readonly failures: FailureStore;
  readonly feed: FeedStore;
  readonly boot: BootLock;
  readonly audit: AuditStore;
  readonly removal: Removal;
  readonly directoryChecks: DirectoryChecks;
  /** Does what a call with an idempotency key asks for once; see Once. */
  readonly once: Once;
}

/** What a log-in is checked against. */
export interface Credentials {
  readonly user: User;
  readonly passwordHash: string | null;
  /** Sealed; null before the factor is confirmed. */
  readonly totpSecret: Uint8Array | null;
}

/** What stands there now. */
export type LockedCredentials = Pick<Credentials, 'passwordHash' | 'totpSecret'>;

/** A person to insert. */
export interface NewUser extends User {
  /** Null for the directory's people: their passwords stay there. */
  readonly passwordHash: string | null;
  readonly totpSecret: Uint8Array | null;
}

export interface UserStore {
  credentialsOfId(userId: string): Promise<Credentials | null>;
  /** Reads them and keeps others from changing them until the transaction ends. */
  lockCredentials(userId: string): Promise<LockedCredentials | null>;
  /** As credentialsOf, of the person whose entry in the directory has this id. */
  credentialsOfDirectory(directoryId: string): Promise<Credentials | null>;
  find(id: string): Promise<User | null>;
  findByDirectoryId(directoryId: string): Promise<User | null>;
  /** People of the directory whose accounts are open, by id, after one. */
  ofDirectoryAfter(id: string, rows: number): Promise<readonly User[]>;
  findByUsername(username: string): Promise<User | null>;
  /** Frees a user name whose registration was never finished in time: that profile is erased, its id stays. */
  eraseUnfinished(username: string, now: Date): Promise<void>;
  /** False where another has the user name. */
  insert(user: NewUser): Promise<boolean>;
  setProfile(userId: string, profile: Pick<User, 'username' | 'displayName' | 'email'>): Promise<void>;
  /** Makes an ACTIVE person who has no factor PENDING, until one is confirmed. */
  setPending(userId: string): Promise<void>;
  /** Makes a PENDING person ACTIVE with a confirmed factor. */
  activate(userId: string, totpSecret: Uint8Array, step: number): Promise<User>;
  /** Puts a confirmed factor in the place of the one that an ACTIVE person has. */
  replaceFactor(userId: string, totpSecret: Uint8Array, step: number): Promise<User>;
  replacePassword(userId: string, passwordHash: string): Promise<void>;
  /** Takes a step's code if it is newer than the last: one statement, so that of parallel attempts one wins. */
  acceptTotpStep(userId: string, step: number): Promise<boolean>;
  /** As find; until the transaction ends, nobody else changes who is an operator or whose account is open. */
  lock(id: string): Promise<User | null>;
  /** Whether there is an ACTIVE operator besides this person. */
  hasOtherOperator(userId: string): Promise<boolean>;
  /** Closes an account, and takes the operator's right away with it; false where it was closed before. */
  disable(userId: string, by: DisabledBy): Promise<boolean>;
  /** Opens a closed account: ACTIVE, or PENDING where no factor was ever confirmed and one is needed. */
  enable(userId: string): Promise<User>;
  setOperator(userId: string, operator: boolean): Promise<User>;
  /** Gives a person other credentials, an open account and the operator's right; forgets which codes were spent. */
  resetOperator(userId: string, passwordHash: string, totpSecret: Uint8Array): Promise<void>;
}

/** A factor that waits for its first code. */
export interface Enrolment {
  readonly userId: string;
  /** Sealed. */
  readonly totpSecret: Uint8Array;
  readonly expiresAt: Date;
  readonly confirmedAt: Date | null;
  /** Whether it takes the place of a factor that is in use; else it is a registration's. */
  readonly replaces: boolean;
}

export interface EnrolmentStore {
  insert(tokenHash: Uint8Array, enrolment: Omit<Enrolment, 'confirmedAt'>): Promise<void>;
  find(tokenHash: Uint8Array): Promise<Enrolment | null>;
  /** Spends the token; false where it was spent before. */
  confirm(tokenHash: Uint8Array, now: Date): Promise<boolean>;
  /** Spends the tokens of all replacements that a person began and did not confirm. */
  abandonReplacements(userId: string, now: Date): Promise<void>;
}

export interface RecoveryCodeStore {
  insert(userId: string, hashes: readonly Uint8Array[]): Promise<void>;
  /** Uses up all that a person has left. */
  retireAllOf(userId: string, now: Date): Promise<void>;
  /** Uses a code of an ACTIVE person up; false where it is not theirs or was used before. */
  use(userId: string, codeHash: Uint8Array, now: Date): Promise<boolean>;
}

export interface FailureStore {
  countsOf(keys: readonly string[]): Promise<readonly FailureCount[]>;
  /** Adds one to each key and tells the new counts; tidies some counters whose window is over. */
  add(keys: readonly string[], now: Date): Promise<readonly FailureCount[]>;
  /** Keeps a key, without a count, until the given time. */
  mark(key: string, until: Date): Promise<void>;
  forget(keys: readonly string[]): Promise<void>;
  /**
   * Adds one to a key unless it has as many as may be: one statement, so that attempts in parallel are not more than
   * attempts in a row. Its window ends so long after the last that was added: in no time of that length are there more.
   * @returns null where it was added, else when the window ends
   */
  take(
    key: string,
    bound: { readonly max: number; readonly windowMs: number; readonly now: Date },
  ): Promise<Date | null>;
  /** Takes one from a key again. */
  giveBack(key: string): Promise<void>;
  /** Waits until no other transaction works with the key, and keeps others waiting until this one ends. */
  queue(key: string): Promise<void>;
}

export interface FeedStore {
  /** Appends rows. Call it last in a transaction: it holds the feed's head until the commit. */
  append(changes: readonly FeedChange[], now: Date): Promise<void>;
}

/** Lets one process at a time do the first start's work. */
export interface BootLock {
  /** Waits for the lock, and holds it until the transaction ends. */
  lock(): Promise<void>;
  /** What the oldest entry of the audit with this action names; null where there is none. */
  targetOf(action: string): Promise<string | null>;
}

export interface AuditStore {
  write(entry: AuditEntry): Promise<void>;
}

/** Hashes passwords with argon2id. */
export interface PasswordHasher {
  /** A registration's, which it is unless told, has a small share of the queue. @throws Fault RATE_LIMITED where too many wait */
  hash(password: string, purpose?: 'LOG_IN' | 'REGISTRATION'): Promise<string>;
  /** Without a hash it does the same work and answers false. @throws Fault RATE_LIMITED where too many wait */
  verify(passwordHash: string | null, password: string): Promise<boolean>;
}

/** A factor as the person enrols it. */
export interface TotpEnrolment {
  readonly secret: string;
  readonly uri: string;
  readonly qrCodeSvg: string;
}

/** One-time codes (RFC 6238). */
export interface Totp {
  newSecret(): string;
  describe(secret: string, username: string): Promise<TotpEnrolment>;
  /** The step whose code this is, at most one step from `at`; null where it is the code of none. */
  matchingStep(secret: string, code: string, at: Date): Promise<number | null>;
}

/** Random secrets, and the digests under which they are kept. */
export interface Secrets {
  /** 256 random bits, with a prefix that tells a secret scanner what was found. */
  newToken(prefix: 'tgc' | 'tgd' | 'tge' | 'tgr' | 'tgs'): string;
  /** The secret of a personal access key. */
  newAccessKey(): string;
  newPassword(): string;
  newRecoveryCode(): string;
  /** A random whole number from 0 up to and without the bound, each as likely. */
  below(bound: number): number;
  /** SHA-256. */
  digest(text: string): Uint8Array;
  /** Compares in constant time. */
  equals(one: Uint8Array, other: Uint8Array): boolean;
}

/** Signs and reads access tokens. */
export interface AccessTokens {
  /** How long a token lives at most. */
  readonly lifetimeMs: number;
  sign(claims: AccessClaims): Promise<string>;
  /** What a token says, where it is one of ours, signed by a published key and not expired; else null. */
  read(token: string): Promise<AccessClaims | null>;
}

/** Small files with credentials, below the data directory. */
export interface CredentialFile {
  exists(): Promise<boolean>;
  /** What stands in it, undefined for what is no JSON; null where there is none. */
  read(): Promise<unknown>;
  /** Writes it whole or not at all, for the owner's eyes alone. */
  write(content: Readonly<Record<string, string>>): Promise<void>;
}

/** Identity's own feed. */
export interface LocalFeed extends FeedSource {
  /** As a follower's `read`; by its name it is known how far it has come. */
  read(after: FeedPosition, waitMs: number, signal: AbortSignal, follower?: string): ReturnType<FeedSource['read']>;
  /**
   * To be called after a commit that appended rows: wakes everybody who waits, and resolves when all who follow have taken
   * the rows over, or after a second. So the client whose call it was finds them everywhere with its next.
   */
  spread(): Promise<void>;
  /** Lets everybody who waits go; from now on nobody waits. */
  close(): void;
}

/**
 * Makes what was just committed to the feed count in this process at once, and waits a little for the other services to
 * know it. It never fails: whoever follows catches up.
 */
export type FeedNews = () => Promise<void>;

/** Draws a text as a QR code, an SVG document. */
export type DrawQrCode = (text: string) => Promise<string>;

/** What commands work with. */
export interface Ports {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly hasher: PasswordHasher;
  readonly sealer: Sealer;
  readonly keyEncryptionKeys: KeyEncryptionKeys;
  readonly totp: Totp;
  readonly drawQrCode: DrawQrCode;
  readonly secrets: Secrets;
  readonly tokens: AccessTokens;
  readonly mandateTokens: MandateTokens;
  readonly keyRing: KeyRing;
  readonly newSigningKeyPair: NewSigningKeyPair;
  readonly feedNews: FeedNews;
  /** The directory of people; null where there is none. */
  readonly directory: DirectoryUse | null;
  /** Tells the log why the directory could not be asked. */
  readonly directoryTrouble: (error: DirectoryUnavailable) => void;
}
