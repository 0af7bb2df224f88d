import type { DirectoryEntry, MappedGroup } from '../../domain/directory.js';

/** The directory cannot be asked now: it is away, refuses us, or cannot be trusted. What it said stays in the log. */
export class DirectoryUnavailable extends Error {
  /** Whether a person's password was on its way: then the directory may have counted it as wrong. */
  passwordWasSent = false;
}

/** What it said is less likely than that something is set up wrongly: somebody must look. */
export class DirectoryImplausible extends DirectoryUnavailable {}

/** An organisation's directory of people (LDAP). Every question may end with DirectoryUnavailable, or Fault RATE_LIMITED. */
export interface Directory {
  /**
   * The one entry of a login name, where the password is right. Whatever comes out, the work is the same: a search and a
   * bind. An empty password never leaves this process; the work is done with a made-up one then.
   * @param name null for what can be nobody's name
   */
  authenticate(name: string | null, password: string): Promise<DirectoryEntry | null>;
  /**
   * The entries of these ids, by id: those that are (still) there and that the filter lets in. Where one is missing, the
   * place of people itself must be readable, else DirectoryUnavailable.
   */
  find(ids: readonly string[]): Promise<ReadonlyMap<string, DirectoryEntry>>;
  /** Which of these ids there are entries of, as `find` would find them: for when only that is asked, with less work. */
  findThere(ids: readonly string[]): Promise<ReadonlySet<string>>;
  /** Whether there is an entry of this login name. */
  hasName(name: string): Promise<boolean>;
}

/** How many wrong passwords for one name get to the directory in a time of that length. */
export interface AttemptBound {
  /** At least 2. */
  readonly max: number;
  readonly windowMs: number;
}

/** The directory as this installation uses it. */
export interface DirectoryUse {
  readonly directory: Directory;
  readonly groups: readonly MappedGroup[];
  readonly attempts: AttemptBound;
  /** Whether its people show a one-time code as local people do; else only who enrolled a factor shows it. */
  readonly factorRequired: boolean;
  /** Whether somebody's first log-in makes an account. */
  readonly provisions: boolean;
}

/** When the next look at everybody is. */
export interface DirectoryChecks {
  /** Asks for the next run of the job, at once unless told; there is never more than one waiting. */
  askForRun(runAt?: Date): Promise<void>;
}
