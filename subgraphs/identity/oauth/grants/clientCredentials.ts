import type { Grant } from '../grant.js';
import { errorOfRefusal, invalidClient } from '../oauthError.js';
import { scopesOf } from '../readForm.js';

/** A service account's token for its credentials (RFC 6749 section 4.4). */
export const clientCredentials: Grant = async ({ form, client, call }, { usecases }) => {
  if (client.id === null || client.secret === null) {
    throw invalidClient('This grant needs the client id and the client secret of a service account.');
  }
  const input = { clientId: client.id, clientSecret: client.secret, scopes: scopesOf(form) };
  const result = await usecases.issueServiceToken(input, call);
  if (!result.ok) throw errorOfRefusal(result.refusal);
  return result.value;
};
