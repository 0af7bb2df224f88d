import type { AttemptKeys } from '../domain/throttle.js';
import type { User } from '../domain/user.js';
import type { Call } from './call.js';
import { takeDirectoryAttempt } from './directoryAttempts.js';
import { DirectoryUnavailable, type DirectoryUse } from './ports/directory.js';
import type { Credentials, Ports } from './ports.js';
import { takeEntry } from './takeEntry.js';

/** What became of a password. */
export interface PasswordProof {
  /** Who has the name; null where nobody does. */
  readonly credentials: Credentials | null;
  readonly passwordIsRight: boolean;
  /** The directory was to be asked and could not be: nothing is known about the password. */
  readonly directoryAway: boolean;
}

/** A password as it was typed, for whom, and where attempts for that name are counted. */
interface TypedPassword {
  readonly username: string | null;
  readonly password: string;
  readonly keys: AttemptKeys;
  /** Who has the name; null where nobody does. */
  readonly credentials: Credentials | null;
}

/** Whose password was right, though they have no one-time-code factor to show; null for everybody else. */
export function withoutFactor({ credentials, passwordIsRight }: PasswordProof): User | null {
  if (credentials === null || !passwordIsRight || credentials.totpSecret !== null) return null;
  const { user } = credentials;
  return user.directoryId !== null && user.status !== 'DISABLED' ? user : null;
}

/**
 * Proves a password: a local person's by its hash, everybody else's by the directory, where there is one. What is typed
 * for a local name never goes there. Each way to fail costs the same: one hash, and one conversation with the directory.
 * A right password of the directory makes or renews the account of its entry on the way.
 * @throws Fault RATE_LIMITED where too many passwords wait, or as many wrong ones went to the directory as may
 */
export async function provePassword(ports: Ports, call: Call, typed: TypedPassword): Promise<PasswordProof> {
  const { password, credentials } = typed;
  const isLocal = credentials !== null && credentials.user.directoryId === null;
  const isRightHere = await ports.hasher.verify(isLocal ? credentials.passwordHash : null, password);
  const use = ports.directory;
  if (isRightHere || use === null) return { credentials, passwordIsRight: isRightHere, directoryAway: false };
  const taken = await askDirectory(ports, call, use, { ...typed, password: isLocal ? '' : password });
  if (taken === 'AWAY') return { credentials, passwordIsRight: false, directoryAway: true };
  return { credentials: taken ?? credentials, passwordIsRight: taken !== null, directoryAway: false };
}

/** Whose the password is by the directory's word; null: nobody's. */
async function askDirectory(
  ports: Ports,
  call: Call,
  use: DirectoryUse,
  { username, password, keys }: TypedPassword,
): Promise<Credentials | null | 'AWAY'> {
  const { failures } = ports.database;
  await takeDirectoryAttempt(ports, use.attempts, keys);
  let isCounted = false;
  try {
    const entry = await use.directory.authenticate(username, password);
    isCounted = true;
    if (entry === null || username === null) return null;
    // The directory, too, begins anew after a right password.
    await failures.forget([keys.directory]);
    return await takeEntry(ports, call, { username, entry, use });
  } catch (error) {
    if (!(error instanceof DirectoryUnavailable)) throw error;
    isCounted ||= error.passwordWasSent;
    ports.directoryTrouble(error);
    return 'AWAY';
  } finally {
    if (!isCounted) await failures.giveBack(keys.directory);
  }
}
