import { OAuthError } from './oauthError.js';
import type { Client } from './readClient.js';

/**
 * Sees to it that no service account asks for what is a person's: the person's token is the proof, and a client may say
 * its name. @throws OAuthError unauthorized_client
 */
export function requirePublicClient({ secret }: Client): void {
  if (secret !== null) {
    throw new OAuthError('unauthorized_client', 'A service account gets tokens by client_credentials alone.');
  }
}
