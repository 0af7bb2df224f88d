import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { NewSigningKeyPair } from '../usecases/ports/signingKeys.js';

/** As strong as the curves of the others (NIST SP 800-57: 128 bits). */
const RSA_BITS = 3072;

/** Makes a key pair of an algorithm; its key id is the thumbprint of the public half (RFC 7638). */
export const newSigningKeyPair: NewSigningKeyPair = async (algorithm) => {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true, modulusLength: RSA_BITS });
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    kid,
    publicJwk: { ...publicJwk, kid, alg: algorithm, use: 'sig' },
    privateJwk: JSON.stringify(await exportJWK(privateKey)),
  };
};
