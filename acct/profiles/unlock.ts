import { AcctError } from '../acctError.js';
import { mapFromPlain, type PlainValue, toPlain } from '../document/plain.js';
import type { AcctMap } from '../document/value.js';
import { type GatherPlugin, loadGatherPlugins, type Profiles, type Providers } from '../plugins/gatherPlugin.js';
import { process } from './process.js';
import { readReserved, withoutReserved } from './reserved.js';
import { type ProfileTree, single } from './single.js';
import { type DocumentSource, resolveSource } from './source.js';

/** Where profiles come from; everything but the file and its keys may be left out. */
export interface AcctOptions {
  /** The encrypted file; null: there are no profiles but those of the overrides. */
  readonly file: string | null;
  /** One key or several: any of them may open the file. */
  readonly keys: readonly string[];
  /** `fernet` when left out. */
  readonly cryptoPlugin?: string;
  /** A directory with the modules `crypto/*.mjs`, `backend/*.mjs` and `gather/*.mjs`. */
  readonly pluginDirectory?: string | null;
  /** The backend profiles that may be unlocked; all when left out. */
  readonly allowedBackendProfiles?: readonly string[] | null;
  /** Takes a file that is not encrypted for what it is, instead of refusing it. */
  readonly allowPlaintext?: boolean;
  /** Laid over what the file and the backends say. */
  readonly overrides?: { readonly [key: string]: PlainValue };
}

/** What unlock takes besides. */
export interface UnlockOptions extends AcctOptions {
  /** Gather plugins besides those of the directory. */
  readonly plugins?: readonly GatherPlugin[];
  /** The providers whose plugins run; all when left out. */
  readonly providers?: readonly string[];
}

/** An opened file. */
export interface Unlocked {
  /** All profiles by provider and name, as the plugins made them. */
  readonly profiles: ProfileTree;
  /** What the file says is meant by "default". */
  readonly defaultProfile: string;
  /** One profile, as `single` finds it; the default one when none is named. */
  profile(name?: string, providers?: readonly string[]): unknown;
  /** Closes the plugins. Throws AcctError PLUGIN_FAILED after all were closed. */
  close(): Promise<void>;
}

/**
 * Opens a file: its document, backends over it, overrides over both, then the gather plugins.
 * @throws AcctError
 */
export async function unlock(options: UnlockOptions): Promise<Unlocked> {
  const document = await resolveSource(sourceOf(options));
  const { defaultProfile } = readReserved(document);
  const fromDirectory = options.pluginDirectory ? await loadGatherPlugins(options.pluginDirectory) : [];
  const processed = await process({
    profiles: providersOf(document),
    plugins: [...fromDirectory, ...(options.plugins ?? [])],
    ...(options.providers === undefined ? {} : { providers: options.providers }),
  });
  return {
    profiles: processed.profiles,
    defaultProfile,
    profile: (name = 'default', providers = options.providers ?? Object.keys(processed.profiles)) =>
      single({ profiles: processed.profiles, name: name === 'default' ? defaultProfile : name, providers }),
    close: processed.close,
  };
}

/**
 * The static profiles of a file by provider and name: its document, backends over it, overrides over both.
 * @throws AcctError
 */
export const profiles = async (options: AcctOptions): Promise<Providers> =>
  providersOf(await resolveSource(sourceOf(options)));

/** Opens a file, hands it to `use`, and closes the plugins, whatever happens. @throws AcctError, and what `use` throws */
export async function withUnlocked<Result>(
  options: UnlockOptions,
  use: (unlocked: Unlocked) => Promise<Result>,
): Promise<Result> {
  const unlocked = await unlock(options);
  let result: Result;
  try {
    result = await use(unlocked);
  } catch (error) {
    // The caller's own error is the one to tell.
    await unlocked.close().catch(() => undefined);
    throw error;
  }
  await unlocked.close();
  return result;
}

const sourceOf = (options: AcctOptions): DocumentSource => ({
  file: options.file,
  keys: options.keys,
  cryptoPlugin: options.cryptoPlugin ?? 'fernet',
  pluginDirectory: options.pluginDirectory ?? null,
  allowedBackendProfiles: options.allowedBackendProfiles ?? null,
  allowPlaintext: options.allowPlaintext ?? false,
  overrides: mapFromPlain(options.overrides ?? {}),
});

function providersOf(document: AcctMap): Providers {
  const entries = [...withoutReserved(document, readReserved(document))].map(([provider, held]) => {
    if (held === null) return [String(provider), {}] as const;
    if (!(held instanceof Map))
      throw new AcctError('DOCUMENT_INVALID', `The provider ${String(provider)} must be a mapping of profiles.`);
    return [String(provider), toPlain(held) as Profiles] as const;
  });
  return Object.fromEntries(entries);
}
