import { z } from 'zod';
import { ServiceStartError } from '../../platform/server/runDirectory.js';

/** What identity alone can be told; everything else is in ServiceSettings. */
export interface IdentityConfig {
  /** Whether people may register by themselves. */
  readonly registrationOpen: boolean;
  /** Whether the operator gets fresh credentials where operator.json is missing. */
  readonly resetOperator: boolean;
  /** How much is logged: pino's names, or silent. */
  readonly logLevel: string;
}

const schema = z.object({
  IDENTITY_REGISTRATION: z.enum(['open', 'closed']).default('open'),
  IDENTITY_RESET_OPERATOR: z.enum(['0', '1']).default('0'),
  TOLLGATE_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('warn'),
});

const REMEDIES: Readonly<Record<string, string>> = {
  IDENTITY_REGISTRATION: 'open or closed (directory comes in a later version)',
  IDENTITY_RESET_OPERATOR: '0 or 1',
  TOLLGATE_LOG_LEVEL: 'silent, error, warn, info or debug',
};

/**
 * Reads identity's variables of the environment: IDENTITY_REGISTRATION, IDENTITY_RESET_OPERATOR and TOLLGATE_LOG_LEVEL.
 * @throws ServiceStartError naming the variable and what it may be
 */
export function readIdentityConfig(environment: NodeJS.ProcessEnv = process.env): IdentityConfig {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]?.path[0]);
    throw new ServiceStartError(`${name} must be ${REMEDIES[name]}; correct it and start again.`);
  }
  const values = parsed.data;
  return Object.freeze({
    registrationOpen: values.IDENTITY_REGISTRATION === 'open',
    resetOperator: values.IDENTITY_RESET_OPERATOR === '1',
    logLevel: values.TOLLGATE_LOG_LEVEL,
  });
}
