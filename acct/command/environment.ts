/** What the command takes from the environment; an empty variable is none. */
export interface AcctEnvironment {
  readonly key: string | undefined;
  readonly keyFile: string | undefined;
  readonly file: string | undefined;
  readonly cryptoPlugin: string | undefined;
  readonly pluginDirectory: string | undefined;
  readonly config: string | undefined;
  readonly editor: string | undefined;
}

/** Reads the environment once. */
export function readAcctEnvironment(variables: NodeJS.ProcessEnv): AcctEnvironment {
  const read = (name: string): string | undefined => (variables[name] === '' ? undefined : variables[name]);
  return {
    key: read('ACCT_KEY'),
    keyFile: read('ACCT_KEY_FILE'),
    file: read('ACCT_FILE'),
    cryptoPlugin: read('ACCT_CRYPTO_PLUGIN'),
    pluginDirectory: read('ACCT_PLUGIN_DIR'),
    config: read('ACCT_CONFIG'),
    editor: read('VISUAL') ?? read('EDITOR'),
  };
}
