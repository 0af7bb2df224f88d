import { AcctError } from '../acctError.js';

/** Profiles by provider and name; plugins may have put live things into them. */
export type ProfileTree = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Which profile is meant. */
export interface SingleOptions {
  readonly profiles: ProfileTree;
  readonly name: string;
  /** The providers to look in, in this order; all when left out. */
  readonly providers?: readonly string[];
}

/**
 * Finds one named profile; an unknown one is empty, as it always was in acct.
 * @throws AcctError PROFILE_DUPLICATE when several of the providers have it: a guess could connect to the wrong place
 */
export function single({ profiles, name, providers = Object.keys(profiles) }: SingleOptions): unknown {
  const having = [...new Set(providers)].filter((provider) => {
    const held = Object.hasOwn(profiles, provider) ? profiles[provider] : undefined;
    return typeof held === 'object' && held !== null && Object.hasOwn(held, name);
  });
  if (having.length > 1) {
    throw new AcctError('PROFILE_DUPLICATE', `Several providers have a profile ${name}: ${having.join(', ')}.`);
  }
  const [provider] = having;
  return provider === undefined ? {} : profiles[provider]?.[name];
}
