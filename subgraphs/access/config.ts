import { z } from 'zod';
import { ServiceStartError } from '../../platform/server/runDirectory.js';

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

/** Reads access' variable of the environment, TOLLGATE_LOG_LEVEL. @throws ServiceStartError naming it */
export function readAccessConfig(environment: NodeJS.ProcessEnv = process.env): AccessConfig {
  const parsed = logLevel.safeParse(environment['TOLLGATE_LOG_LEVEL']);
  if (!parsed.success) {
    throw new ServiceStartError(
      'TOLLGATE_LOG_LEVEL must be silent, error, warn, info or debug; correct it and start again.',
    );
  }
  return Object.freeze({ logLevel: parsed.data, leaseMs: LEASE_MS, callTimeoutMs: CALL_TIMEOUT_MS });
}
