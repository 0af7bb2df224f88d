import type { Viewer } from '../../../../platform/auth/viewer.js';
import type { Grant, GrantRequest, GrantTools } from '../grant.js';
import { errorOfRefusal, invalidRequest, OAuthError } from '../oauthError.js';
import { required, scopesOf } from '../readForm.js';
import { requirePublicClient } from '../requirePublicClient.js';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** A narrower token, for one named service, for a person's (RFC 8693). */
export const tokenExchange: Grant = async (request, tools) => {
  const { form, client, call } = request;
  requirePublicClient(client);
  if ((form.get('requested_token_type') ?? ACCESS_TOKEN) !== ACCESS_TOKEN) {
    throw invalidRequest(`requested_token_type can be ${ACCESS_TOKEN} alone.`);
  }
  if (form.has('actor_token') || form.has('actor_token_type')) {
    throw invalidRequest('Who acts is told by who calls; actor_token is not taken.');
  }
  if (form.has('resource')) throw new OAuthError('invalid_target', 'Name the service in audience, not by resource.');
  const subjectToken = required(form, 'subject_token');
  if (required(form, 'subject_token_type') !== ACCESS_TOKEN) {
    throw invalidRequest(`subject_token_type can be ${ACCESS_TOKEN} alone.`);
  }
  const audience = required(form, 'audience');
  const viewer = await viewerOf(request, tools, subjectToken);
  const input = { subjectToken, audience, scopes: scopesOf(form) };
  const result = await tools.usecases.exchangeToken(input, { ...call, viewer });
  if (!result.ok) throw errorOfRefusal(result.refusal);
  return { ...result.value, issuedTokenType: ACCESS_TOKEN };
};

/** A service is known by its assertion; a person who narrows their own token is known by that token. */
async function viewerOf({ call }: GrantRequest, { trust }: GrantTools, subjectToken: string): Promise<Viewer> {
  return call.caller === 'gateway'
    ? trust.viewerOf('gateway', subjectToken)
    : { kind: 'service', service: call.caller };
}
