import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { formatAccessKey } from '../domain/personalAccessKey.js';
import { formatRecoveryCode, RECOVERY_CODE_BYTES } from '../domain/recoveryCode.js';
import type { Secrets } from '../usecases/ports.js';

const TOKEN_BYTES = 32;
const PASSWORD_BYTES = 18;

/** Secrets from the operating system's random source. */
export const secrets: Secrets = {
  newToken: (prefix) => `${prefix}_${randomBytes(TOKEN_BYTES).toString('base64url')}`,
  newAccessKey: () => formatAccessKey(randomBytes(TOKEN_BYTES)),
  newPassword: () => randomBytes(PASSWORD_BYTES).toString('base64url'),
  newRecoveryCode: () => formatRecoveryCode(randomBytes(RECOVERY_CODE_BYTES)),
  below: (bound) => randomInt(bound),
  digest: (text) => createHash('sha256').update(text).digest(),
  equals: (one, other) => one.length === other.length && timingSafeEqual(one, other),
};
