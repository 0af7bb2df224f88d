import { Fault } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { AttemptKeys } from '../domain/throttle.js';
import type { User } from '../domain/user.js';
import type { Call } from './call.js';
import { takeDirectoryAttempt } from './directoryAttempts.js';
import { wrongCredentials } from './judgement.js';
import { DirectoryUnavailable, type DirectoryUse } from './ports/directory.js';
import type { Credentials, Ports } from './ports.js';
import { directoryUnavailable } from './refreshWithDirectory.js';
import { takeEntry } from './takeEntry.js';

/** What became of a password. */
export interface PasswordProof {
  /** Who has the name; null where nobody does. */
  readonly credentials: Credentials | null;
  readonly passwordIsRight: boolean;
  /** What the trail says where something is wrong. */
  readonly refusal: Refusal;
  /**
   * What to answer where something is wrong, once that is judged, counted and committed.
   * @throws Fault RATE_LIMITED where the directory was not asked, for too many passwords that it had or has
   */
  answer(): Promise<Refusal>;
}

/** What the directory says of a password, or why it was not asked. */
type Word = Credentials | 'WRONG' | 'AWAY' | Fault;

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
 * for a local name never goes there. Each way to fail costs the same: one hash, and one conversation with the directory,
 * which a right local password has when the rest turns out wrong, so that it is not told by another answer.
 * A right password of the directory makes or renews the account of its entry on the way. One for which the directory may
 * not be asked is taken for wrong, so that it is counted and audited like any: guesses would else be without limit.
 * @throws Fault RATE_LIMITED where too many passwords wait to be hashed
 */
export async function provePassword(ports: Ports, call: Call, typed: TypedPassword): Promise<PasswordProof> {
  const { password, credentials } = typed;
  const isLocal = credentials !== null && credentials.user.directoryId === null;
  const isRightHere = await ports.hasher.verify(isLocal ? credentials.passwordHash : null, password);
  const use = ports.directory;
  if (use === null) return proofOf(credentials, isRightHere, async () => 'WRONG');
  const ask = () => askDirectory(ports, call, use, { ...typed, password: isLocal ? '' : password });
  if (isRightHere) return proofOf(credentials, true, ask);
  const word = await ask();
  if (typeof word === 'object' && !(word instanceof Fault)) return proofOf(word, true, async () => 'WRONG');
  const proof = proofOf(credentials, false, async () => word);
  return word === 'AWAY' ? { ...proof, refusal: directoryUnavailable } : proof;
}

const proofOf = (
  credentials: Credentials | null,
  passwordIsRight: boolean,
  word: () => Promise<Word>,
): PasswordProof => ({
  credentials,
  passwordIsRight,
  refusal: wrongCredentials,
  async answer() {
    const said = await word();
    if (said instanceof Fault) throw said;
    return said === 'AWAY' ? directoryUnavailable : wrongCredentials;
  },
});

/** Whose the password is by the directory's word. */
async function askDirectory(
  ports: Ports,
  call: Call,
  use: DirectoryUse,
  { username, password, keys }: TypedPassword,
): Promise<Word> {
  const { failures } = ports.database;
  const full = await takeDirectoryAttempt(ports, use.attempts, keys);
  if (full !== null) return full;
  let isCounted = false;
  try {
    const entry = await use.directory.authenticate(username, password);
    isCounted = true;
    if (entry === null || username === null) return 'WRONG';
    // The directory, too, begins anew after a right password.
    await failures.forget([keys.directory]);
    return (await takeEntry(ports, call, { username, entry, use })) ?? 'WRONG';
  } catch (error) {
    // As many talk with it as may at a time.
    if (error instanceof Fault && error.code === 'RATE_LIMITED') return error;
    if (!(error instanceof DirectoryUnavailable)) throw error;
    isCounted ||= error.passwordWasSent;
    ports.directoryTrouble(error);
    return 'AWAY';
  } finally {
    if (!isCounted) await failures.giveBack(keys.directory);
  }
}
