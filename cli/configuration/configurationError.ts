import { ServiceStartError } from '../../platform/server/runDirectory.js';

/** What is wrong with a configuration: a sentence for each fault, with the file, line and key. No sentence quotes a secret. */
export class ConfigurationError extends ServiceStartError {
  constructor(readonly faults: readonly string[]) {
    super(faults.join('\n'));
  }
}
