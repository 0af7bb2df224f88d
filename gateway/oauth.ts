import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { signedStream } from '../platform/peers/signedStream.js';
import type { Logger } from '../platform/server/log.js';
import type { ServiceSettings } from '../platform/server/settings.js';
import { originOf } from './context.js';

const PATH = '/oauth/token';
/** What of the answer's head is handed on. */
const ANSWER_HEADERS = ['content-type', 'cache-control', 'pragma', 'www-authenticate', 'retry-after'] as const;

/**
 * Adds POST /oauth/token: handed on to identity as it comes, with the client's own credentials, and with the client's
 * address in the gateway's assertion. What the form says is identity's affair, errors are of the standard's form.
 */
export function addTokenRoute(app: FastifyInstance, settings: ServiceSettings, deadlineMs: number, log: Logger): void {
  // In a scope of its own, so that no other route takes bodies of every type.
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.post(PATH, async (request, reply) => {
      await pass(request, reply, { settings, deadlineMs, log });
      return reply;
    });
  });
}

async function pass(
  request: FastifyRequest,
  reply: FastifyReply,
  options: { readonly settings: ServiceSettings; readonly deadlineMs: number; readonly log: Logger },
): Promise<void> {
  const { settings, deadlineMs, log } = options;
  const { requestId, clientIp, userAgent } = originOf(request);
  const { authorization, 'content-type': contentType } = request.headers;
  reply.header('x-request-id', requestId).header('x-content-type-options', 'nosniff');
  try {
    const answer = await signedStream({
      keys: settings.keys,
      target: 'identity',
      origin: () => settings.peerUrl('identity'),
      method: 'POST',
      path: PATH,
      body: request.body instanceof Buffer ? request.body : Buffer.alloc(0),
      // The header is a client's credentials: identity reads it as it is.
      token: null,
      headers: {
        'content-type': contentType ?? '',
        ...(authorization === undefined ? {} : { authorization }),
      },
      requestId,
      clientIp,
      userAgent,
      signal: AbortSignal.timeout(deadlineMs),
    });
    for (const name of ANSWER_HEADERS) {
      const value = answer.headers[name];
      if (value !== undefined) reply.header(name, value);
    }
    void reply.status(answer.status).send(answer.body);
  } catch (error) {
    log.warn({ target: 'identity', err: error }, 'the token endpoint does not answer');
    const body = { error: 'temporarily_unavailable', error_description: 'The identity service does not answer.' };
    void reply.status(503).header('cache-control', 'no-store').type('application/json').send(body);
  }
}
