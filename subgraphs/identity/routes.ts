import type { FastifyInstance, FastifyReply } from 'fastify';
import { FEED_START, type FeedPosition } from '../../platform/auth/feedRow.js';
import { badUserInput, Fault, forbidden } from '../../platform/kernel/faults.js';
import type { SubgraphName } from '../../platform/kernel/services.js';
import { documentStatusOf, faultBody } from '../../platform/server/errors.js';
import type { ServiceSettings } from '../../platform/server/settings.js';
import { verifyCaller } from '../../platform/server/subgraph.js';
import { serverMetadata } from './oauth/serverMetadata.js';
import type { SigningKeyStore } from './usecases/ports/signingKeys.js';
import type { LocalFeed } from './usecases/ports.js';

const DOCUMENT_MAX_AGE_SECONDS = 300;
const CACHED = `public, max-age=${DOCUMENT_MAX_AGE_SECONDS}`;
const WHOLE_NUMBER = /^[0-9]{1,15}$/;
const PROCESS_ID = /^[0-9a-f-]{0,36}$/;
const MARK = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Identity's plain routes. `GET /.well-known/jwks.json` and `GET /.well-known/oauth-authorization-server` are public. `GET /feed?after=<sequence>&mark=<its mark>&waitMilliseconds=<n>&follower=<id>`
 * is for Tollgate's services: the caller's assertion is its proof, and `follower` tells its processes apart.
 */
export function addRoutes(
  app: FastifyInstance,
  options: {
    readonly settings: ServiceSettings & { readonly service: SubgraphName };
    publicUrl(): Promise<string>;
    readonly signingKeys: SigningKeyStore;
    readonly feed: LocalFeed;
  },
): void {
  const { settings, publicUrl, signingKeys, feed } = options;

  app.get('/.well-known/jwks.json', async (_request, reply) => {
    const keys = (await signingKeys.verifying()).filter(({ state }) => state === 'PUBLISHED');
    reply.header('cache-control', CACHED);
    return { keys: keys.map(({ publicJwk }) => publicJwk) };
  });

  app.get('/.well-known/oauth-authorization-server', async (_request, reply) => {
    try {
      const metadata = serverMetadata(settings.issuer, await publicUrl());
      reply.header('cache-control', CACHED);
      return metadata;
    } catch (error) {
      return answerFault(reply, error);
    }
  });

  app.get<{ Querystring: { after?: unknown; mark?: unknown; waitMilliseconds?: unknown; follower?: unknown } }>(
    '/feed',
    async (request, reply) => {
      try {
        const { caller } = await verifyCaller(request, settings);
        // It decides nothing by itself, and knows of nobody's groups.
        if (caller === 'gateway') throw forbidden('The feed is for services that decide who may do what.');
        const after = positionOf(request.query);
        const waitMs = wholeNumber(request.query.waitMilliseconds ?? '0', 'waitMilliseconds');
        const process = processId(request.query.follower ?? '');
        // A follower that hangs up must not be kept waiting for.
        const gone = new AbortController();
        reply.raw.once('close', () => gone.abort());
        return await feed.read(after, waitMs, gone.signal, `${caller}/${process}`);
      } catch (error) {
        return answerFault(reply, error);
      }
    },
  );
}

/** Behind the beginning, a follower must say which row it means: a sequence alone could be one of another feed. */
function positionOf(query: { readonly after?: unknown; readonly mark?: unknown }): FeedPosition {
  const sequence = wholeNumber(query.after, 'after');
  if (sequence === 0) return FEED_START;
  const { mark } = query;
  if (typeof mark !== 'string' || !MARK.test(mark)) throw badUserInput('mark must be the mark of the row.');
  return { sequence, mark };
}

function wholeNumber(text: unknown, name: string): number {
  if (typeof text !== 'string' || !WHOLE_NUMBER.test(text)) throw badUserInput(`${name} must be a whole number.`);
  return Number(text);
}

function processId(text: unknown): string {
  if (typeof text !== 'string' || !PROCESS_ID.test(text)) throw badUserInput('follower must be an id of a process.');
  return text;
}

function answerFault(reply: FastifyReply, error: unknown): FastifyReply {
  if (!(error instanceof Fault)) throw error;
  return reply.status(documentStatusOf(error)).type('application/json').send(faultBody(error));
}
