import type { SqlSession } from '../../../platform/database/sql.js';
import type { Clock } from '../../../platform/kernel/clock.js';
import type { PageRequest } from '../../../platform/kernel/cursor.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import type { Money } from '../../../platform/kernel/money.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { Allocation, AllocationStatus } from '../domain/allocation.js';
import type { Cluster } from '../domain/cluster.js';
import type { Job } from '../domain/job.js';
import type { LogLine } from '../domain/logBound.js';
import type { Trusted } from '../domain/trusted.js';

/** On whose behalf and until when another service is called. */
export interface Trace {
  readonly requestId: string;
  readonly clientIp: string;
  readonly userAgent: string;
  /** Milliseconds since the epoch; absent: the usual deadline of one call from its beginning. */
  readonly deadlineAt?: number;
}

/** Identity, as compute calls it. */
export interface IdentityPort {
  /** Exchanges a person's token for a narrower one. @throws Fault UNAUTHENTICATED where the token is dead */
  exchangeToken(
    token: string,
    wanted: { readonly audience: 'accounting' | 'storage'; readonly scope: string },
    trace: Trace,
  ): Promise<Result<ExchangedToken, Refusal>>;
}

/** A token for one service; it never outlives the person's own. */
export interface ExchangedToken {
  readonly token: string;
  readonly expiresAt: Date;
}

/** Accounting, as compute calls it. Every call is safe to repeat with its key. */
export interface AccountingPort {
  /** Reserves money on the escrow, in the submitter's name. @returns the hold's id */
  placeHold(hold: PlaceHold, token: string, trace: Trace): Promise<Result<string, Refusal>>;
  /** Captures a part of a hold and frees the rest, in compute's own name. */
  captureHold(
    capture: { readonly key: string; readonly holdId: string; readonly amount: Money },
    trace: Trace,
  ): Promise<Result<null, Refusal>>;
  /** Frees a hold, in compute's own name. */
  releaseHold(release: { readonly key: string; readonly holdId: string }, trace: Trace): Promise<Result<null, Refusal>>;
}

/** A hold to place. */
export interface PlaceHold {
  readonly key: string;
  readonly debitAccountId: string;
  readonly creditAccountId: string;
  readonly amount: Money;
  readonly expiresInSeconds: number;
  readonly resource: string;
  readonly reason: string;
}

/** Storage, as compute calls it. */
export interface StoragePort {
  /** Pins a file's present version for a job, in the submitter's name. */
  pinJobInput(
    pin: {
      readonly key: string;
      readonly jobId: string;
      readonly driveId: string;
      readonly path: string;
      readonly as: string;
    },
    token: string,
    trace: Trace,
  ): Promise<Result<null, Refusal>>;
  /** Fresh addresses of a job's pinned files, in compute's own name. */
  signJobInputs(
    request: { readonly jobId: string; readonly expiresInSeconds: number },
    trace: Trace,
  ): Promise<Result<readonly SignedInput[], Refusal>>;
  /** Forgets a job's pins, in compute's own name. */
  unpinJobInputs(
    request: { readonly key: string; readonly jobId: string },
    trace: Trace,
  ): Promise<Result<null, Refusal>>;
}

/** A file for a controller to fetch. */
export interface SignedInput {
  readonly as: string;
  readonly url: string;
  readonly sha256: string;
}

/** Keeps the tokens of a half-made submit from those who read the database or a backup of it. */
export interface Sealer {
  seal(text: string): Buffer;
  /** The text, or null where it was sealed with another key or changed. */
  open(sealed: Buffer): string | null;
}

/** Clusters in the database. */
export interface ClusterRepository {
  find(ids: readonly string[]): Promise<readonly Cluster[]>;
  /** By name; rows after `page.after` = [name, id], one more than asked for. */
  page(page: PageRequest): Promise<readonly Cluster[]>;
  /** Makes it where it is missing. */
  ensure(cluster: Pick<Cluster, 'id' | 'name' | 'providerGroupId'>): Promise<void>;
  /** Keeps what a controller told; what it did not tell stays. */
  touch(
    id: string,
    seen: {
      at: Date;
      isolated?: boolean;
      cores?: number;
      gpus?: number;
      memoryBytes?: bigint;
      coresPerGpu?: number;
      memoryBytesPerCore?: bigint;
    },
  ): Promise<void>;
}

/** Allocations in the database. */
export interface AllocationRepository {
  findByGrants(grantIds: readonly string[]): Promise<readonly Allocation[]>;
  /** Locks it against being closed while a job is added (share), or against jobs while it is closed (update). */
  lockByGrant(grantId: string, strength: 'SHARE' | 'UPDATE'): Promise<Allocation | null>;
  insert(allocation: Allocation, now: Date): Promise<void>;
  /** Opens a grant's allocation that is INACTIVE; null where it has none that is. */
  activate(grantId: string): Promise<Allocation | null>;
  setStatus(id: string, status: AllocationStatus): Promise<void>;
  /** Remembers that a grant's right to compute has ended, whether it had one or not. */
  markEnded(grantId: string, now: Date): Promise<void>;
  isEnded(grantId: string): Promise<boolean>;
  /** Lets one at a time provision or close a grant's allocation, until the transaction ends. */
  lockGrant(grantId: string): Promise<void>;
  /** Sets until when it may be used, and the price of jobs that are submitted from now on. */
  extend(id: string, to: Pick<Allocation, 'unitPriceMicros' | 'endsAt'>): Promise<void>;
  findExtension(id: string): Promise<AllocationExtension | null>;
  addExtension(extension: AllocationExtension): Promise<void>;
  undoExtension(id: string, now: Date): Promise<void>;
  /** What its settled jobs were charged, and how many are being submitted or not settled yet. */
  spending(id: string): Promise<{ readonly chargedMicros: bigint; readonly unsettledJobs: number }>;
  /** CLOSING becomes CLOSED where no job is left to settle. */
  closeIfSettled(id: string): Promise<void>;
}

/** What an allocation had before it was extended; nothing is kept of one that was undone before it was made. */
export interface AllocationExtension {
  readonly id: string;
  readonly grantId: string;
  readonly previousPriceMicros: bigint | null;
  readonly previousEndsAt: Date | null;
  readonly undoneAt: Date | null;
}

/** What changes of a job; what is absent stays. */
export type JobChange = Partial<
  Pick<
    Job,
    | 'submission'
    | 'refusal'
    | 'holdId'
    | 'status'
    | 'outcome'
    | 'cancelRequestedAt'
    | 'lease'
    | 'reportSequence'
    | 'logSequence'
    | 'exitCode'
    | 'reason'
    | 'startedAt'
    | 'endedAt'
    | 'chargeMicros'
    | 'settleAttempt'
    | 'settledAt'
  >
>;

/** The tokens a submit is completed with, sealed. */
export interface SealedTokens {
  readonly sealed: Buffer;
  readonly expiresAt: Date;
}

/** Jobs in the database. */
export interface JobRepository {
  find(ids: readonly string[]): Promise<readonly Job[]>;
  /** Finds and locks a job until the transaction ends. */
  lock(id: string): Promise<Job | null>;
  lockMany(ids: readonly string[]): Promise<readonly Job[]>;
  insert(job: Job, tokens: SealedTokens): Promise<void>;
  change(id: string, change: JobChange): Promise<void>;
  tokens(id: string): Promise<SealedTokens | null>;
  /** Replaces them; `change` forgets them with the end of the submit. */
  setTokens(id: string, tokens: SealedTokens): Promise<void>;
  /** Leases the longest-waiting jobs of a cluster that nobody else is taking; their fencing tokens grow. */
  claim(request: {
    readonly clusterId: string;
    readonly maximum: number;
    readonly leaseSeconds: number;
    readonly now: Date;
    readonly newLease: () => string;
  }): Promise<readonly Job[]>;
  extendLeases(leases: readonly { readonly id: string; readonly expiresAt: Date }[]): Promise<void>;
  /** Jobs of an allocation that are being submitted or not settled yet, locked. */
  lockUnsettled(allocationId: string): Promise<readonly Job[]>;
  /** READY jobs, newest first; rows after `page.after` = [queuedAt, id], one more than asked for. */
  page(of: JobFilter, page: PageRequest): Promise<readonly Job[]>;
}

/** Which jobs to list: those that are alike in all that is named. */
export type JobFilter = Partial<Pick<Job, 'submittedById' | 'grantId'>>;

/** A line as it is listed. */
export interface StoredLogLine extends LogLine {
  /** Its place in the log: fencing token, sequence, position. */
  readonly place: readonly [string, string, string];
}

/** One call of a log. */
export interface LogCall {
  readonly jobId: string;
  readonly fencingToken: number;
  readonly sequence: number;
}

/** Logs in the database. */
export interface LogRepository {
  /** How long the log of a locked job is. */
  sizeOf(jobId: string): Promise<{ readonly bytes: number; readonly truncated: boolean }>;
  /** Whether a call was taken already. */
  has(call: LogCall): Promise<boolean>;
  add(
    call: LogCall,
    kept: { readonly lines: readonly LogLine[]; readonly bytes: number; readonly truncated: boolean },
  ): Promise<void>;
  /** How many different calls were taken up to this one. */
  countUpTo(call: LogCall): Promise<number>;
  /** Oldest first; rows after `page.after` = place, one more than asked for. */
  page(jobId: string, page: PageRequest): Promise<readonly StoredLogLine[]>;
}

/** The tables, in a transaction or outside one. */
export interface Repositories {
  readonly sql: SqlSession;
  readonly clusters: ClusterRepository;
  readonly allocations: AllocationRepository;
  readonly jobs: JobRepository;
  readonly logs: LogRepository;
}

/** The database. */
export interface Database extends Repositories {
  /** Runs work in one transaction; it may run more than once, so it does nothing outside. */
  transaction<T>(work: (tx: Repositories) => Promise<T>): Promise<T>;
}

/** Where use cases say what a person must look at. */
export interface AlarmLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What every use case works with. */
export interface Dependencies {
  readonly database: Database;
  readonly identity: IdentityPort;
  readonly accounting: AccountingPort;
  readonly storage: StoragePort;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Makes a lease's name, which nobody can guess. */
  readonly newLease: () => string;
  readonly trusted: Trusted;
  /** When this process began to serve: leases are not judged by a time at which nobody could keep them. */
  readonly servingSince: Date;
  readonly log: AlarmLog;
}
