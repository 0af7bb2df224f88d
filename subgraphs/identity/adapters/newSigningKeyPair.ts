import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { NewSigningKeyPair } from '../usecases/ports/signingKeys.js';

/** Makes an ES256 key pair; its key id is the thumbprint of the public half (RFC 7638). */
export const newSigningKeyPair: NewSigningKeyPair = async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const publicJwk = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    kid,
    publicJwk: { ...publicJwk, kid, alg: 'ES256', use: 'sig' },
    privateJwk: JSON.stringify(await exportJWK(privateKey)),
  };
};
