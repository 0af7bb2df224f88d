import { AcctError } from '../acctError.js';
import type { ProfileTree } from './single.js';

const REFERENCE = /^acct:(?<profile>[^#]+)#(?<key>.+)$/s;

/** Whether a setting names a credential (`acct:provider.profile#key`) instead of holding it. */
export const isReference = (text: string): boolean => text.startsWith('acct:');

/**
 * The text that `acct:provider.profile#key` names. Names may have dots: the one provider and profile that exist are meant.
 * @throws AcctError USAGE, PROFILE_UNKNOWN, PROFILE_DUPLICATE, VALUE_UNSUPPORTED; no message quotes the value
 */
export function resolveReference(reference: string, profiles: ProfileTree): string {
  const { profile, key } = REFERENCE.exec(reference)?.groups ?? {};
  if (profile === undefined || key === undefined) {
    throw new AcctError('USAGE', 'A reference to a credential has the form acct:provider.profile#key.');
  }
  const held = findProfile(profile, profiles);
  const value =
    typeof held === 'object' && held !== null && Object.hasOwn(held, key)
      ? (held as Record<string, unknown>)[key]
      : undefined;
  if (value === undefined) throw new AcctError('PROFILE_UNKNOWN', `The profile ${profile} has no key ${key}.`);
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  throw new AcctError('VALUE_UNSUPPORTED', `${reference} names no plain value.`);
}

/**
 * The profile of `provider.profile`.
 * @throws AcctError PROFILE_UNKNOWN, PROFILE_DUPLICATE
 */
function findProfile(text: string, profiles: ProfileTree): unknown {
  const found = Object.entries(profiles).flatMap(([provider, held]) => {
    const name = text.startsWith(`${provider}.`) ? text.slice(provider.length + 1) : null;
    return name !== null && Object.hasOwn(held, name) ? [held[name]] : [];
  });
  if (found.length === 1) return found[0];
  if (found.length === 0) throw new AcctError('PROFILE_UNKNOWN', `There is no profile ${text}.`);
  throw new AcctError('PROFILE_DUPLICATE', `${text} names several profiles: a provider's name has dots.`);
}
