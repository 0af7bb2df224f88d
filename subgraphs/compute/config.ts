import { join } from 'node:path';
import { isLoopback, isLoopbackHost } from '../../platform/kernel/loopback.js';
import type { ServiceSettings, Variables } from '../../platform/server/settings.js';
import type { Trusted } from './domain/trusted.js';

/** What compute alone is configured with. */
export interface ComputeConfig {
  /** Whose jobs may run on a cluster that cannot isolate them. */
  readonly trusted: Trusted;
  /** The file with the key that half-made submits are sealed with. */
  readonly sealingKeyFile: string;
  /** How much is logged; pino's names, or silent. */
  readonly logLevel: string;
}

/** What decides over the defaults. */
type Surroundings = Pick<ServiceSettings, 'home' | 'host' | 'database'>;

/**
 * Reads compute's part of the environment, once at start.
 * - COMPUTE_LOCAL_TRUSTED: `everybody`, `operators`, or user ids separated by commas. Unset: everybody where Tollgate
 *   listens on the loopback address with its database there, as on one's own machine; else operators alone.
 * - COMPUTE_SEALING_KEY_FILE: unset: below the home.
 * - TOLLGATE_LOG_LEVEL: unset: warn.
 * @throws Error naming the variable
 */
export function readComputeConfig(settings: Surroundings, env: Variables): ComputeConfig {
  return Object.freeze({
    trusted: readTrusted(env['COMPUTE_LOCAL_TRUSTED'], settings),
    sealingKeyFile: env['COMPUTE_SEALING_KEY_FILE'] ?? join(settings.home, 'keys', 'compute', 'sealing.key'),
    logLevel: env['TOLLGATE_LOG_LEVEL'] ?? 'warn',
  });
}

function readTrusted(text: string | undefined, settings: Surroundings): Trusted {
  if (text === undefined || text === '') return isOnLoopback(settings) ? 'everybody' : new Set();
  if (text === 'everybody') return 'everybody';
  if (text === 'operators') return new Set();
  const ids = text.split(',').map((id) => id.trim());
  const bad = ids.find((id) => !id.startsWith('usr_'));
  if (bad !== undefined) throw new Error(`COMPUTE_LOCAL_TRUSTED: "${bad}" is not a user's id.`);
  return new Set(ids);
}

const isOnLoopback = ({ host, database }: Surroundings): boolean => isLoopbackHost(host) && isLoopback(database.appUrl);
