import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { identityLimits } from './limits.js';

/** Where a person's account is in its life. */
export type UserStatus = 'PENDING' | 'ACTIVE' | 'DISABLED';

/** Who closed an account; what the directory closed opens again when the entry is back. */
export type DisabledBy = 'OPERATOR' | 'DIRECTORY';

/** A person, without any secret. The texts are null where the profile was erased. */
export interface User {
  readonly id: string;
  readonly username: string | null;
  readonly displayName: string | null;
  readonly email: string | null;
  readonly status: UserStatus;
  readonly operator: boolean;
  readonly createdAt: Date;
  /** What names the person's entry in the directory for good; null for local people. */
  readonly directoryId: string | null;
  /** Who closed the account; null while it is open. */
  readonly disabledBy: DisabledBy | null;
}

const USERNAME = new RegExp(
  `^[a-z][a-z0-9._-]{${identityLimits.usernameCharactersMin - 1},${identityLimits.usernameCharactersMax - 1}}$`,
);

/**
 * Folds a user name as typed to the one form that is kept and compared. Null where nobody can have it. Only ASCII is
 * folded: another alphabet's look-alike is refused, not mapped.
 */
export function foldUsername(text: string): string | null {
  if (text.length > identityLimits.usernameCharactersMax) return null;
  const folded = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return USERNAME.test(folded) ? folded : null;
}

/** The user name of a new person. Refusal: INVALID_INPUT. */
export function parseUsername(text: string): Result<string, InvalidInput> {
  const username = foldUsername(text);
  if (username !== null) return ok(username);
  const { usernameCharactersMin: min, usernameCharactersMax: max } = identityLimits;
  return err(invalidInput(['username'], `A user name has ${min} to ${max} of a-z 0-9 . _ - and begins with a letter.`));
}
