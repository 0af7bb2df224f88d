import { randomBytes } from 'node:crypto';
import type { CertifiedKey } from './authority.js';

const AUTHORITY_YEARS = 10;
/** Clocks of machines differ: what is made now is good a little earlier. */
export const CLOCK_SLACK_MS = 5 * 60_000;

/** Makes an installation's private authority, good for ten years. */
export async function newAuthority(now: Date): Promise<CertifiedKey> {
  const { makeAuthority } = await import('./authority.js');
  const validTo = new Date(now);
  validTo.setUTCFullYear(validTo.getUTCFullYear() + AUTHORITY_YEARS);
  return makeAuthority({
    commonName: `Tollgate ${randomBytes(4).toString('hex')}`,
    validFrom: new Date(now.getTime() - CLOCK_SLACK_MS),
    validTo,
  });
}
