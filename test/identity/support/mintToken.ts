import { accessTokens } from '../../../subgraphs/identity/adapters/accessTokens.js';
import { loadKeyEncryptionKey } from '../../../subgraphs/identity/adapters/keyEncryptionKey.js';
import { sealer } from '../../../subgraphs/identity/adapters/sealer.js';
import type { AccessClaims } from '../../../subgraphs/identity/domain/accessClaims.js';
import type { IdentityHarness } from './identityHarness.js';

/**
 * Signs a token with identity's own key that identity itself would not give out, to show what becomes of it: what a
 * token may say and what may be done with it are two questions.
 */
export async function mintToken(identity: IdentityHarness, claims: AccessClaims): Promise<string> {
  const [key] = await identity.sql<{ kid: string; public_jwk: Record<string, unknown>; private_jwk: Buffer }>(
    'SELECT kid, public_jwk, private_jwk FROM signing_key ORDER BY created_at DESC LIMIT 1',
  );
  if (key === undefined) throw new Error('identity has no signing key');
  const stored = { kid: key.kid, publicJwk: key.public_jwk, privateJwk: key.private_jwk, createdAt: new Date(0) };
  const tokens = await accessTokens({
    keys: [stored],
    sealer: sealer(await loadKeyEncryptionKey(identity.home, { mayMake: false })),
    issuer: identity.settings.issuer,
    clock: identity.clock,
  });
  return tokens.sign(claims);
}
