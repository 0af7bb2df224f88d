import { invalidClient, invalidRequest } from './oauthError.js';
import type { Form } from './readForm.js';

/** Who calls the token endpoint as a client, and what it proves that with; both null where nobody says. */
export interface Client {
  readonly id: string | null;
  readonly secret: string | null;
}

/**
 * The client's credentials: by HTTP Basic (client_secret_basic, RFC 6749 section 2.3.1: both halves form-encoded), or in
 * the body (client_secret_post).
 * @throws OAuthError invalid_request for both at once, invalid_client for a header of another form
 */
export function readClient(authorization: string | undefined, form: Form): Client {
  const posted: Client = { id: form.get('client_id') ?? null, secret: form.get('client_secret') ?? null };
  if (authorization === undefined) return posted;
  if (posted.secret !== null) throw invalidRequest('The client authenticates in two ways; use one.');
  const encoded = /^Basic +([A-Za-z0-9+/]+=*) *$/i.exec(authorization)?.[1];
  const credentials = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  const colon = credentials.indexOf(':');
  const [id, secret] = [formDecode(credentials.slice(0, Math.max(colon, 0))), formDecode(credentials.slice(colon + 1))];
  if (colon < 1 || id === null || secret === null) {
    throw invalidClient('Authorization must be Basic, with the client id and the client secret.');
  }
  if (posted.id !== null && posted.id !== id) throw invalidRequest('client_id is not the client that authenticates.');
  return { id, secret };
}

function formDecode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}
