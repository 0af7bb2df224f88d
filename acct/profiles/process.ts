import { AcctError } from '../acctError.js';
import type { Gathered, GatherPlugin, Providers } from '../plugins/gatherPlugin.js';
import type { ProfileTree } from './single.js';

/** What runs through which plugins. */
export interface ProcessOptions {
  readonly profiles: Providers;
  readonly plugins: readonly GatherPlugin[];
  /** The providers whose plugins run; all when left out. */
  readonly providers?: readonly string[];
}

/** Profiles as the plugins made them, and how to end what they began. */
export interface Processed {
  readonly profiles: ProfileTree;
  /** Closes every plugin that gathered, also when another fails to; a second call waits for the first. Throws AcctError PLUGIN_FAILED. */
  close(): Promise<void>;
}

interface Run {
  readonly plugin: GatherPlugin;
  readonly gathered: Gathered;
}

/**
 * Runs profiles through their plugins, all at once, and lays what they give over the static profiles. When one fails,
 * those that succeeded are closed before this throws.
 * @throws AcctError PLUGIN_FAILED; the plugin's own error is the cause
 */
export async function process({ profiles, plugins, providers }: ProcessOptions): Promise<Processed> {
  const chosen = plugins.filter((plugin) => providers === undefined || providers.includes(plugin.provider));
  const settled = await Promise.allSettled(chosen.map((plugin) => run(plugin, profiles)));
  const runs = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = settled.find((result) => result.status === 'rejected');
  if (failure !== undefined) {
    // The first failure is the one to tell; a failing close must not hide it.
    await closeAll(runs).catch(() => undefined);
    throw failure.reason;
  }
  let closing: Promise<void> | null = null;
  return {
    profiles: runs.reduce<ProfileTree>(lay, profiles),
    close: () => {
      closing ??= closeAll(runs);
      return closing;
    },
  };
}

async function run(plugin: GatherPlugin, profiles: Providers): Promise<Run> {
  const own = [plugin.provider, `${plugin.provider}.${plugin.name}`];
  const relevant = Object.fromEntries(Object.entries(profiles).filter(([provider]) => own.includes(provider)));
  try {
    return { plugin, gathered: await plugin.gather(relevant) };
  } catch (error) {
    throw new AcctError('PLUGIN_FAILED', `Plugin ${nameOf(plugin)} could not gather its profiles.`, { cause: error });
  }
}

async function closeAll(runs: readonly Run[]): Promise<void> {
  const settled = await Promise.allSettled(runs.map(async ({ plugin, gathered }) => plugin.close?.(gathered)));
  const failed = runs.filter((_, index) => settled[index]?.status === 'rejected');
  if (failed.length === 0) return;
  const reasons = settled.flatMap((result): unknown[] => (result.status === 'rejected' ? [result.reason] : []));
  throw new AcctError('PLUGIN_FAILED', `Closing failed for ${failed.map(({ plugin }) => nameOf(plugin)).join(', ')}.`, {
    cause: new AggregateError(reasons),
  });
}

/** Profiles unite key by key; what a plugin put into a profile is taken as it is. */
function lay(tree: ProfileTree, { plugin, gathered }: Run): ProfileTree {
  const before = Object.hasOwn(tree, plugin.provider) ? (tree[plugin.provider] ?? {}) : {};
  const entries = Object.entries(gathered).map(([name, made]) => {
    const held = Object.hasOwn(before, name) ? before[name] : undefined;
    return [name, isPlainObject(held) && isPlainObject(made) ? { ...held, ...made } : made] as const;
  });
  return { ...tree, [plugin.provider]: { ...before, ...Object.fromEntries(entries) } };
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const nameOf = (plugin: GatherPlugin): string => `${plugin.provider}.${plugin.name}`;
