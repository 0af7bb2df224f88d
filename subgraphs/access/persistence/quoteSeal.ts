import { CompactSign, type CryptoKey, compactVerify } from 'jose';
import type { ServiceKeys } from '../../../platform/auth/serviceKeys.js';
import type { QuoteSeal } from '../usecases/ports.js';

const ALGORITHM = 'ES256';
const TYPE = 'quote+jwt';

/**
 * Seals quotes with the service's key, as compact JWS (RFC 7515). The type tells a seal from the service's assertions,
 * which no verifier takes without theirs.
 * @param issuer named in each seal, so that quotes of two installations are told apart
 */
export function quoteSeal(keys: Pick<ServiceKeys, 'privateKey' | 'publicKeyOf'>, issuer: string): QuoteSeal {
  const sealed = (claims: object): Buffer => Buffer.from(JSON.stringify({ iss: issuer, ...claims }));
  return {
    sign: (claims) =>
      new CompactSign(sealed(claims)).setProtectedHeader({ alg: ALGORITHM, typ: TYPE }).sign(keys.privateKey),
    async isGenuine(proof, claims) {
      const payload = await verify(proof, await keys.publicKeyOf('access'));
      return payload !== null && sealed(claims).equals(payload);
    },
  };
}

async function verify(proof: string, key: CryptoKey): Promise<Buffer | null> {
  try {
    const { payload, protectedHeader } = await compactVerify(proof, key, { algorithms: [ALGORITHM] });
    return protectedHeader.typ === TYPE ? Buffer.from(payload) : null;
  } catch {
    // Whatever is wrong with it, it was not given out like this.
    return null;
  }
}
