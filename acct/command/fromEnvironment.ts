import type { PlainValue } from '../document/plain.js';
import { toPlain } from '../document/plain.js';
import type { AcctOptions } from '../profiles/unlock.js';
import { readAcctEnvironment } from './environment.js';
import { readSettings, requireFile } from './settings.js';

/**
 * What `tollgate acct` would open with no option at all: ACCT_FILE, ACCT_KEY, ACCT_KEY_FILE, ACCT_CRYPTO_PLUGIN,
 * ACCT_PLUGIN_DIR and the file of ACCT_CONFIG. For programs that take credentials by reference.
 * @throws AcctError USAGE where no file is named, and as the keys and the configuration file are read
 */
export async function acctOptionsOf(variables: NodeJS.ProcessEnv): Promise<AcctOptions> {
  const settings = await readSettings(undefined, {}, readAcctEnvironment(variables));
  return {
    file: requireFile(settings),
    keys: settings.keys,
    cryptoPlugin: settings.cryptoPlugin,
    pluginDirectory: settings.pluginDirectory,
    allowedBackendProfiles: settings.allowedBackendProfiles,
    overrides: toPlain(settings.overrides) as { readonly [key: string]: PlainValue },
  };
}
