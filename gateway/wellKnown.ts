import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { unavailable } from '../platform/kernel/faults.js';
import type { SubgraphName } from '../platform/kernel/services.js';
import { signedRequest } from '../platform/peers/signedRequest.js';
import { faultBody, httpStatusOf } from '../platform/server/errors.js';
import type { Logger } from '../platform/server/log.js';
import type { ServiceSettings } from '../platform/server/settings.js';

/** Public documents, and the subgraph that gives each out. */
const DOCUMENTS: readonly (readonly [path: string, owner: SubgraphName])[] = [
  ['/.well-known/jwks.json', 'identity'],
  ['/.well-known/oauth-authorization-server', 'identity'],
  ['/.well-known/tollgate-receipts.json', 'accounting'],
  ['/.well-known/tollgate-checkpoints.json', 'accounting'],
  ['/.well-known/tollgate-quotes.json', 'access'],
];
const PATIENCE_MS = 5_000;

/** Adds the documents with which anybody checks tokens and receipts, under the gateway's own address. */
export function addWellKnownRoutes(app: FastifyInstance, settings: ServiceSettings, log: Logger): void {
  for (const [path, owner] of DOCUMENTS) {
    app.get(path, async (request, reply) => {
      const document = await read(settings, owner, path, request.ip).catch((error: unknown) => {
        log.warn({ target: owner, err: error }, 'a public document cannot be read');
        return null;
      });
      if (document !== null) return reply.header('cache-control', 'no-cache').type('application/json').send(document);
      const fault = unavailable(owner);
      return reply.status(httpStatusOf(fault)).type('application/json').send(faultBody(fault));
    });
  }
}

async function read(settings: ServiceSettings, owner: SubgraphName, path: string, clientIp: string): Promise<Buffer> {
  const answer = await signedRequest({
    keys: settings.keys,
    target: owner,
    origin: () => settings.peerUrl(owner),
    method: 'GET',
    path,
    body: null,
    token: null,
    headers: {},
    requestId: randomUUID(),
    clientIp,
    userAgent: '',
    answerWithinMs: PATIENCE_MS,
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (answer.status !== 200 || !answer.contentType.includes('json')) throw new Error(`status ${answer.status}`);
  return answer.body;
}
