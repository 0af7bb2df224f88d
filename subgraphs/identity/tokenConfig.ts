import { z } from 'zod';
import { signatureAlgorithms } from '../../platform/kernel/signatureAlgorithms.js';
import { identityLimits } from './domain/limits.js';

const { accessTokenSecondsDefault, accessTokenSecondsMin, accessTokenSecondsMax } = identityLimits;

/** The variables of access tokens and of the keys that sign them. */
export const tokenVariables = z.object({
  IDENTITY_SIGNING_KEY_DAYS: z.coerce.number().int().min(1).max(90).default(7),
  IDENTITY_TOKEN_SECONDS: z.coerce
    .number()
    .int()
    .min(accessTokenSecondsMin)
    .max(accessTokenSecondsMax)
    .default(accessTokenSecondsDefault),
  IDENTITY_TOKEN_ALGORITHM: z.enum(signatureAlgorithms).default('ES256'),
});

const NAMES = `${signatureAlgorithms.slice(0, -1).join(', ')} or ${signatureAlgorithms.at(-1)}`;

/** What each may be, in words. @param algorithm what was asked for: some have a reason of their own not to be there */
export const tokenRemedies = (algorithm: string | undefined): Readonly<Record<string, string>> => ({
  IDENTITY_SIGNING_KEY_DAYS: 'a whole number of days, 1 to 90',
  IDENTITY_TOKEN_SECONDS: `a whole number of seconds, ${accessTokenSecondsMin} to ${accessTokenSecondsMax}`,
  IDENTITY_TOKEN_ALGORITHM: `${NAMES}${reasonAgainst(algorithm ?? '')}`,
});

function reasonAgainst(algorithm: string): string {
  if (/^hs\d+$/i.test(algorithm)) {
    return `, not ${algorithm}: with one secret for signing and verifying, every service that verifies tokens could make them`;
  }
  return /^none$/i.test(algorithm) ? `, not ${algorithm}: anybody could make tokens that nobody signed` : '';
}
