import type { Viewer } from '../../../../platform/auth/viewer.js';
import { EVERY_SERVICE } from '../../../../platform/kernel/services.js';
import type { Grant, GrantRequest, GrantTools } from '../grant.js';
import { errorOfRefusal, invalidRequest, OAuthError } from '../oauthError.js';
import { required, scopesOf } from '../readForm.js';
import { requirePublicClient } from '../requirePublicClient.js';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
/** A type of our own, as RFC 8693 section 3 lets one have: a personal access key (tgp_...). */
const PERSONAL_ACCESS_KEY = 'urn:tollgate:params:oauth:token-type:personal-access-key';

/** A narrower token, for one named service, for a person's; or a person's token for their key (RFC 8693). */
export const tokenExchange: Grant = async (request, tools) => {
  const { form, client, call } = request;
  requirePublicClient(client);
  if ((form.get('requested_token_type') ?? ACCESS_TOKEN) !== ACCESS_TOKEN) {
    throw invalidRequest(`requested_token_type can be ${ACCESS_TOKEN} alone.`);
  }
  if (form.has('resource')) throw new OAuthError('invalid_target', 'Name the service in audience, not by resource.');
  const subjectToken = required(form, 'subject_token');
  const subjectType = required(form, 'subject_token_type');
  if (subjectType === PERSONAL_ACCESS_KEY) return exchangeKey(request, tools, subjectToken);
  if (subjectType !== ACCESS_TOKEN) {
    throw invalidRequest(`subject_token_type is ${ACCESS_TOKEN} or ${PERSONAL_ACCESS_KEY}.`);
  }
  const audience = required(form, 'audience');
  const viewer = await viewerOf(request, tools, subjectToken);
  const input = { subjectToken, audience, scopes: scopesOf(form) };
  const result = await tools.usecases.exchangeToken(input, { ...call, viewer });
  if (!result.ok) throw errorOfRefusal(result.refusal);
  return { ...result.value, issuedTokenType: ACCESS_TOKEN };
};

/** The token of a key is for every service, as a session's is; whoever wants it narrower exchanges it on. */
async function exchangeKey({ form, call }: GrantRequest, { usecases }: GrantTools, secret: string) {
  if ((form.get('audience') ?? EVERY_SERVICE) !== EVERY_SERVICE) {
    throw new OAuthError('invalid_target', `A key is exchanged for a token for ${EVERY_SERVICE}; exchange that on.`);
  }
  const result = await usecases.exchangePersonalAccessKey({ secret, scopes: scopesOf(form) }, call);
  if (!result.ok) throw errorOfRefusal(result.refusal);
  return { ...result.value, issuedTokenType: ACCESS_TOKEN };
}

/**
 * A service is known by its assertion, a program that is to act by its own token, and a person who narrows their own token
 * by that token.
 */
async function viewerOf({ form, call }: GrantRequest, { trust }: GrantTools, subjectToken: string): Promise<Viewer> {
  const actorToken = form.get('actor_token');
  if (call.caller !== 'gateway') {
    if (actorToken !== undefined) throw invalidRequest('A service acts itself; it brings no actor_token.');
    return { kind: 'service', service: call.caller };
  }
  if (actorToken === undefined) return trust.viewerOf('gateway', subjectToken);
  if (form.get('actor_token_type') !== ACCESS_TOKEN) throw invalidRequest(`actor_token_type is ${ACCESS_TOKEN}.`);
  const actor = await trust.viewerOf('gateway', actorToken);
  if (actor.kind !== 'serviceAccount') throw invalidRequest("The actor_token is a service account's access token.");
  return actor;
}
