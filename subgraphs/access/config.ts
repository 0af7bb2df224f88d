import { z } from 'zod';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import type { Variables } from '../../platform/server/settings.js';

/** What access alone can be told; everything else is in ServiceSettings. */
export interface AccessConfig {
  /** How much is logged: pino's names, or silent. */
  readonly logLevel: string;
  /** How long a saga's runner has it without writing; after a crash the next one takes over then. */
  readonly leaseMs: number;
  /** How long the answer of one call to a peer is awaited; shorter than the lease. */
  readonly callTimeoutMs: number;
}

const LEASE_MS = 10_000;
const CALL_TIMEOUT_MS = 5_000;

const logLevel = z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('warn');
const milliseconds = z
  .string()
  .regex(/^[1-9][0-9]{2,4}$/)
  .transform(Number);

/**
 * Reads access' variables of the environment: TOLLGATE_LOG_LEVEL, ACCESS_LEASE_MS and ACCESS_CALL_TIMEOUT_MS (100 to
 * 99999; the lease must be longer than a call may take). @throws ServiceStartError naming the wrong one
 */
export function readAccessConfig(environment: Variables): AccessConfig {
  const leaseMs = readMilliseconds(environment, 'ACCESS_LEASE_MS', LEASE_MS);
  const callTimeoutMs = readMilliseconds(environment, 'ACCESS_CALL_TIMEOUT_MS', CALL_TIMEOUT_MS);
  if (callTimeoutMs >= leaseMs) {
    throw new ServiceStartError('ACCESS_CALL_TIMEOUT_MS must be below ACCESS_LEASE_MS; correct them and start again.');
  }
  const parsed = logLevel.safeParse(environment['TOLLGATE_LOG_LEVEL']);
  if (!parsed.success) {
    throw new ServiceStartError(
      'TOLLGATE_LOG_LEVEL must be silent, error, warn, info or debug; correct it and start again.',
    );
  }
  return Object.freeze({ logLevel: parsed.data, leaseMs, callTimeoutMs });
}

function readMilliseconds(environment: Variables, name: string, otherwise: number): number {
  const text = environment[name];
  if (text === undefined || text === '') return otherwise;
  const parsed = milliseconds.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new ServiceStartError(`${name} must be 100 to 99999; correct it and start again.`);
}
