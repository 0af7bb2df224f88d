import { z } from 'zod';
import { AcctError } from '../acctError.js';
import { loadPlugin } from '../plugins/load.js';
import { aesgcm256 } from './aesgcm256.js';
import { fernet } from './fernet.js';
import type { CryptoPlugin } from './plugin.js';

const builtIn: readonly CryptoPlugin[] = [fernet, aesgcm256];

const method = z.custom<never>((value) => typeof value === 'function', 'must be a function');
const shape = z.object({ name: z.string(), generateKey: method, checkKey: method, encrypt: method, decrypt: method });

/**
 * The crypto plugin of a name: built in, or `crypto/<name>.mjs` in the directory of plugins.
 * @throws AcctError PLUGIN_FAILED
 */
export async function findCryptoPlugin(name: string, pluginDirectory: string | null): Promise<CryptoPlugin> {
  const found = builtIn.find((plugin) => plugin.name === name);
  if (found !== undefined) return found;
  if (pluginDirectory === null) {
    const names = builtIn.map((plugin) => plugin.name).join(', ');
    throw new AcctError('PLUGIN_FAILED', `There is no crypto plugin ${name}; built in are ${names}.`);
  }
  return loadPlugin<CryptoPlugin>(pluginDirectory, ['crypto', name], shape);
}
