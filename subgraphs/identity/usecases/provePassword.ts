import type { User } from '../domain/user.js';
import type { Call } from './call.js';
import { DirectoryUnavailable } from './ports/directory.js';
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
 * @throws Fault RATE_LIMITED where too many passwords wait
 */
export async function provePassword(
  ports: Ports,
  call: Call,
  { username, password }: { readonly username: string | null; readonly password: string },
): Promise<PasswordProof> {
  const credentials = username === null ? null : await ports.database.users.credentialsOf(username);
  const isLocal = credentials !== null && credentials.user.directoryId === null;
  const isRightHere = await ports.hasher.verify(isLocal ? credentials.passwordHash : null, password);
  const use = ports.directory;
  if (isRightHere || use === null) return { credentials, passwordIsRight: isRightHere, directoryAway: false };
  try {
    const entry = await use.directory.authenticate(username, isLocal ? '' : password);
    const taken = entry === null || username === null ? null : await takeEntry(ports, call, { username, entry, use });
    return { credentials: taken ?? credentials, passwordIsRight: taken !== null, directoryAway: false };
  } catch (error) {
    if (!(error instanceof DirectoryUnavailable)) throw error;
    ports.directoryTrouble(error);
    return { credentials, passwordIsRight: false, directoryAway: true };
  }
}
