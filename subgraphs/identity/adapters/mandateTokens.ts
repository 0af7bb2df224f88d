import { signMandate } from '../../../platform/auth/mandateToken.js';
import type { MandateTokens } from '../usecases/ports/mandates.js';
import type { OpenKeyRing } from './keyRing.js';

/** Signs mandates with the key that signs now. */
export const mandateTokens = ({
  ring,
  issuer,
}: {
  readonly ring: OpenKeyRing;
  readonly issuer: string;
}): MandateTokens => ({
  sign: async (mandate) => signMandate(mandate, { issuer, ...(await ring.signing()) }),
});
