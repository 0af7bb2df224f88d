import { accessTokens } from '../../../subgraphs/identity/adapters/accessTokens.js';
import { loadKeyEncryptionKeys } from '../../../subgraphs/identity/adapters/keyEncryptionKeys.js';
import { keyRing } from '../../../subgraphs/identity/adapters/keyRing.js';
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
  const at = new Date(0);
  const times = { createdAt: at, signsFrom: at, mandatesUntil: null, retiredAt: null };
  const stored = {
    kid: key.kid,
    algorithm: 'ES256',
    tokenLifetimeMs: 600_000,
    publicJwk: key.public_jwk,
    privateJwk: key.private_jwk,
    state: 'PUBLISHED',
    ...times,
  } as const;
  const ring = keyRing({
    store: { verifying: async () => [stored] },
    sealer: sealer(await loadKeyEncryptionKeys(identity.home, { mayMake: false })),
    clock: identity.clock,
  });
  return accessTokens({ ring, issuer: identity.settings.issuer, clock: identity.clock, lifetimeMs: 600_000 }).sign(
    claims,
  );
}
