import { randomUUID } from 'node:crypto';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ASSERTION_HEADER, verifyAssertion } from '../../../platform/auth/assertion.js';
import type { Clock } from '../../../platform/kernel/clock.js';
import type { Logger } from '../../../platform/server/log.js';
import { requireCertificate } from '../../../platform/server/requireCertificate.js';
import type { ServiceSettings } from '../../../platform/server/settings.js';
import { identityLimits } from '../domain/limits.js';
import type { Call } from '../usecases/call.js';
import type { GrantedToken, GrantTools } from './grant.js';
import { grants } from './grants/index.js';
import { errorOfThrown, invalidRequest, OAuthError } from './oauthError.js';
import { readClient } from './readClient.js';
import { readForm, required } from './readForm.js';

const FORM = 'application/x-www-form-urlencoded';
const TARGET = 'identity';

/**
 * Adds POST /oauth/token: tokens in the standard forms. The credentials in the request are its proof; whoever sends it
 * through the gateway, or is a service that acts for somebody, shows an assertion besides, which must be right then.
 */
export function addTokenRoute(
  app: FastifyInstance,
  tools: GrantTools & { readonly settings: ServiceSettings; readonly clock: Clock; readonly log: Logger },
): void {
  // In a scope of its own: nowhere else is a form taken, since a page elsewhere could send one.
  void app.register(async (scope) => {
    scope.addContentTypeParser(FORM, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error: FastifyError | Error, _request, reply) => answerError(reply, error, tools.log));
    scope.post('/oauth/token', { bodyLimit: identityLimits.tokenRequestBytesMax }, async (request, reply) => {
      const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
      const call = await callOf(request, body, tools.settings);
      if (!isForm(request)) throw invalidRequest(`Send the parameters as ${FORM}.`);
      const form = readForm(body);
      const client = readClient(request.headers.authorization, form);
      const grant = grants.get(required(form, 'grant_type'));
      if (grant === undefined) {
        throw new OAuthError('unsupported_grant_type', `grant_type is one of: ${[...grants.keys()].join(' ')}.`);
      }
      const token = await grant({ form, client, call }, tools);
      return notStored(reply).send(answerOf(token, tools.clock.now()));
    });
  });
}

const isForm = ({ headers }: FastifyRequest): boolean =>
  (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() === FORM;

/** Who calls from where. Without an assertion it is a client that reached us directly, with no more right than through the gateway. */
async function callOf(request: FastifyRequest, body: Buffer, settings: ServiceSettings): Promise<Call> {
  const viewer = { kind: 'anonymous' } as const;
  const assertion = request.headers[ASSERTION_HEADER];
  if (assertion === undefined) {
    const userAgent = request.headers['user-agent'] ?? '';
    return { viewer, caller: 'gateway', requestId: randomUUID(), clientIp: request.ip, userAgent };
  }
  // The Authorization header is the client's, not a person's token: the assertion does not speak of it.
  const expected = { target: TARGET, method: 'POST', path: request.url, body, token: null } as const;
  const { caller, clientIp, userAgent, requestId } = await verifyAssertion(settings.keys, String(assertion), expected);
  requireCertificate(request, settings.keys, caller);
  return { viewer, caller, requestId, clientIp, userAgent };
}

const answerOf = ({ accessToken, expiresAt, scopes, refreshToken, issuedTokenType }: GrantedToken, now: Date) => ({
  access_token: accessToken,
  token_type: 'Bearer',
  expires_in: Math.max(0, Math.floor((expiresAt.getTime() - now.getTime()) / 1000)),
  scope: scopes.join(' '),
  ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
  ...(issuedTokenType === undefined ? {} : { issued_token_type: issuedTokenType }),
});

const notStored = (reply: FastifyReply): FastifyReply =>
  reply.header('cache-control', 'no-store').header('pragma', 'no-cache').type('application/json; charset=utf-8');

function answerError(reply: FastifyReply, error: FastifyError | Error, log: Logger): FastifyReply {
  const known = errorOfThrown(error) ?? errorOfHttp(error);
  if (known === null) log.error({ err: error }, 'unexpected error of the token endpoint');
  const answer =
    known ?? new OAuthError('server_error', 'Something went wrong here; it has been logged.', { status: 500 });
  return notStored(reply.headers(answer.headers).status(answer.status)).send(answer.body);
}

/** A body that is too large or of another type, as fastify found it. */
function errorOfHttp(error: FastifyError | Error): OAuthError | null {
  const status = 'statusCode' in error ? (error.statusCode ?? 500) : 500;
  if (status >= 500) return null;
  const description = `Send the parameters as ${FORM}, at most ${identityLimits.tokenRequestBytesMax} bytes.`;
  return new OAuthError(
    'invalid_request',
    description,
    status === 413 ? { status, headers: { connection: 'close' } } : {},
  );
}
