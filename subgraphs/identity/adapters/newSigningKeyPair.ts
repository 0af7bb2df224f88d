import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { signatureAlgorithm } from '../domain/signingKey.js';
import type { NewSigningKeyPair } from '../usecases/ports/signingKeys.js';

/** Makes an ES256 key pair; its key id is the thumbprint of the public half (RFC 7638). */
export const newSigningKeyPair: NewSigningKeyPair = async () => {
  const { privateKey, publicKey } = await generateKeyPair(signatureAlgorithm, { extractable: true });
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    kid,
    publicJwk: { ...publicJwk, kid, alg: signatureAlgorithm, use: 'sig' },
    privateJwk: JSON.stringify(await exportJWK(privateKey)),
  };
};
