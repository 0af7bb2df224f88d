import { Option } from 'commander';

/** `--config FILE`, which TOLLGATE_CONFIG can say too. */
export const configFileOption = (): Option =>
  new Option('--config <file>', 'the configuration file; unset: tollgate.yaml in the data folder').env(
    'TOLLGATE_CONFIG',
  );
