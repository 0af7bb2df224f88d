import { allScopes } from '../domain/scopes.js';
import { grants } from './grants/index.js';

/**
 * What a client needs to know of the authorization server (RFC 8414). There is no authorization endpoint, and so no
 * response type: people log in by the graph or by the device login.
 * @param publicUrl the address that clients reach the gateway at: the issuer's, but for its port where any free one is taken
 */
export const serverMetadata = (issuer: string, publicUrl: string): Readonly<Record<string, unknown>> => ({
  issuer,
  token_endpoint: `${publicUrl}/oauth/token`,
  jwks_uri: `${publicUrl}/.well-known/jwks.json`,
  scopes_supported: allScopes,
  response_types_supported: [],
  grant_types_supported: [...grants.keys()],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
});
