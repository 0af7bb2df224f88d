/**
 * What identity's tokens may be signed with (RFC 7518, RFC 8037). Asymmetric ones alone: whoever verifies must not be able
 * to sign. Each key has one of them, and verifies nothing that names another.
 */
export const signatureAlgorithms = ['ES256', 'EdDSA', 'RS256'] as const;
/** See signatureAlgorithms. */
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** The algorithm that a published key (JWK) names, or null for one that Tollgate has not. */
export const algorithmOf = (jwk: Readonly<Record<string, unknown>>): SignatureAlgorithm | null =>
  signatureAlgorithms.find((algorithm) => algorithm === jwk['alg']) ?? null;
