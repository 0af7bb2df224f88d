import type { Grant } from '../grant.js';
import { errorOfRefusal, OAuthError } from '../oauthError.js';
import { required } from '../readForm.js';
import { requirePublicClient } from '../requirePublicClient.js';

/** A session's next tokens for its refresh token (RFC 6749 section 6), which is used up. */
export const refreshToken: Grant = async ({ form, client, call }, { usecases }) => {
  requirePublicClient(client);
  if (form.has('scope')) {
    const description = "A session's token has the scopes that the session has; exchange it for a narrower one.";
    throw new OAuthError('invalid_scope', description);
  }
  const result = await usecases.refreshSession({ refreshToken: required(form, 'refresh_token') }, call);
  if (!result.ok) throw errorOfRefusal(result.refusal);
  return result.value;
};
