import { signMandate } from '../../../platform/auth/mandateToken.js';
import type { MandateTokens } from '../usecases/ports/mandates.js';
import type { Sealer, StoredSigningKey } from '../usecases/ports.js';
import { openSigningKey } from './openSigningKey.js';

/**
 * Signs mandates with the newest of the published keys.
 * @param keys at least one, the newest first
 */
export async function mandateTokens(options: {
  readonly keys: readonly StoredSigningKey[];
  readonly sealer: Sealer;
  readonly issuer: string;
}): Promise<MandateTokens> {
  const { keys, sealer, issuer } = options;
  const { kid, privateKey } = await openSigningKey(keys, sealer);
  return { sign: (mandate) => signMandate(mandate, { issuer, kid, privateKey }) };
}
