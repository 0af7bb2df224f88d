import { z } from 'zod';
import type { SignatureAlgorithm } from '../../platform/kernel/signatureAlgorithms.js';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import type { Variables } from '../../platform/server/settings.js';
import { type DirectoryConfig, directoryRemedies, directoryVariables, toDirectoryConfig } from './directoryConfig.js';
import { identityLimits } from './domain/limits.js';
import { foldUsername } from './domain/user.js';
import {
  type ServiceAccountConfig,
  serviceAccountRemedies,
  serviceAccountVariables,
  toServiceAccountConfig,
} from './serviceAccountConfig.js';
import { tokenRemedies, tokenVariables } from './tokenConfig.js';

/** What identity alone can be told; everything else is in ServiceSettings. */
export interface IdentityConfig {
  /** Whether people may register by themselves. */
  readonly registrationOpen: boolean;
  /** Whether somebody's first log-in with the directory's password makes an account. */
  readonly directoryProvisions: boolean;
  /** The directory of people (LDAP); null where there is none. */
  readonly directory: DirectoryConfig | null;
  /** The user name of the operator that the first start makes. */
  readonly operatorName: string;
  /** Whether the operator gets fresh credentials where operator.json is missing. */
  readonly resetOperator: boolean;
  /** How long a key signs tokens before the next does, in milliseconds. */
  readonly signingKeyRotationMs: number;
  /** The file with the key-encryption keys, which replicas share; null: the home's own. */
  readonly keyEncryptionKeyFile: string | null;
  /** What tokens and mandates are signed with. */
  readonly tokenAlgorithm: SignatureAlgorithm;
  /** How long an access token lives at most, in milliseconds. */
  readonly tokenLifetimeMs: number;
  /** The service account that a start makes where there is none yet; null: none. */
  readonly serviceAccount: ServiceAccountConfig | null;
  /** How much is logged: pino's names, or silent. */
  readonly logLevel: string;
}

const DAY_MS = 24 * 3_600_000;
const { usernameCharactersMin, usernameCharactersMax } = identityLimits;

const schema = z.object({
  IDENTITY_KEY_ENCRYPTION_KEY_FILE: z.string().startsWith('/').optional(),
  IDENTITY_OPERATOR_NAME: z
    .string()
    .transform(foldUsername)
    .refine((name) => name !== null)
    .default('operator'),
  IDENTITY_REGISTRATION: z.enum(['open', 'closed', 'directory']).default('open'),
  IDENTITY_RESET_OPERATOR: z.enum(['0', '1']).default('0'),
  TOLLGATE_LOG_LEVEL: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('warn'),
});

const REMEDIES: Readonly<Record<string, string>> = {
  IDENTITY_KEY_ENCRYPTION_KEY_FILE: 'an absolute path',
  IDENTITY_OPERATOR_NAME: `a user name: ${usernameCharactersMin} to ${usernameCharactersMax} of a-z 0-9 . _ - that begin with a letter`,
  IDENTITY_REGISTRATION: 'open, closed, or (with IDENTITY_LDAP_URL) directory',
  IDENTITY_RESET_OPERATOR: '0 or 1',
  TOLLGATE_LOG_LEVEL: 'silent, error, warn, info or debug',
  ...directoryRemedies,
  ...serviceAccountRemedies,
};

/**
 * Reads identity's variables of the environment: IDENTITY_KEY_ENCRYPTION_KEY_FILE, IDENTITY_OPERATOR_NAME, IDENTITY_REGISTRATION,
 * IDENTITY_RESET_OPERATOR, TOLLGATE_LOG_LEVEL, those of tokens (tokenConfig.ts), of the first service account (serviceAccountConfig.ts) and of the
 * directory (directoryConfig.ts).
 * @throws ServiceStartError naming the variable and what it may be
 */
export function readIdentityConfig(environment: Variables): IdentityConfig {
  const values = parse(schema, environment);
  const tokens = parse(tokenVariables, environment);
  const directory = toDirectoryConfig(parse(directoryVariables, environment));
  if (values.IDENTITY_REGISTRATION === 'directory' && directory === null)
    throw wrong('IDENTITY_REGISTRATION', environment);
  const serviceAccount = toServiceAccountConfig(parse(serviceAccountVariables, environment));
  if (serviceAccount !== null && 'missing' in serviceAccount) throw wrong(serviceAccount.missing, environment);
  return Object.freeze({
    registrationOpen: values.IDENTITY_REGISTRATION === 'open',
    directoryProvisions: values.IDENTITY_REGISTRATION !== 'closed',
    directory,
    operatorName: values.IDENTITY_OPERATOR_NAME,
    resetOperator: values.IDENTITY_RESET_OPERATOR === '1',
    keyEncryptionKeyFile: values.IDENTITY_KEY_ENCRYPTION_KEY_FILE ?? null,
    signingKeyRotationMs: tokens.IDENTITY_SIGNING_KEY_DAYS * DAY_MS,
    tokenAlgorithm: tokens.IDENTITY_TOKEN_ALGORITHM,
    tokenLifetimeMs: tokens.IDENTITY_TOKEN_SECONDS * 1000,
    serviceAccount,
    logLevel: values.TOLLGATE_LOG_LEVEL,
  });
}

function parse<Values>(variables: z.ZodType<Values>, environment: Variables): Values {
  const parsed = variables.safeParse(environment);
  if (!parsed.success) throw wrong(String(parsed.error.issues[0]?.path[0]), environment);
  return parsed.data;
}

function wrong(name: string, environment: Variables): ServiceStartError {
  const remedies = { ...REMEDIES, ...tokenRemedies(environment['IDENTITY_TOKEN_ALGORITHM']) };
  return new ServiceStartError(`${name} must be ${remedies[name]}; correct it and start again.`);
}
