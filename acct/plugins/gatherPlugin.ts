import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PlainValue } from '../document/plain.js';
import { loadPlugin } from './load.js';

/** The profiles of one provider by name. */
export type Profiles = Readonly<Record<string, PlainValue>>;
/** The providers of a file by name. */
export type Providers = Readonly<Record<string, Profiles>>;

/** What a plugin makes: profiles that may hold live things, such as a session or a connection. */
export type Gathered = Readonly<Record<string, unknown>>;

/** Turns the static profiles of one provider into what a program connects with. */
export interface GatherPlugin {
  /** Profiles below `<provider>.<name>` are for this plugin as well. */
  readonly name: string;
  readonly provider: string;
  /** Gets the profiles of `<provider>` and `<provider>.<name>`, and gives those of the provider that it makes or changes. */
  gather(profiles: Providers): Promise<Gathered> | Gathered;
  /** Ends what gather began. It always runs once after gather succeeded, whatever else fails. */
  close?(gathered: Gathered): Promise<void> | void;
}

const method = z.custom<never>((value) => typeof value === 'function', 'must be a function');
const shape = z.object({
  name: z.string().min(1),
  provider: z.string().min(1),
  gather: method,
  close: method.optional(),
});

/**
 * Loads every `gather/*.mjs` of a directory, in the order of their names.
 * @throws AcctError PLUGIN_FAILED
 */
export async function loadGatherPlugins(directory: string): Promise<readonly GatherPlugin[]> {
  const names = await readdir(join(directory, 'gather')).catch((): string[] => []);
  const modules = names.filter((name) => name.endsWith('.mjs')).sort();
  return Promise.all(
    modules.map((name) => loadPlugin<GatherPlugin>(directory, ['gather', name.slice(0, -'.mjs'.length)], shape)),
  );
}
