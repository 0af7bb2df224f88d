import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../../../platform/server/log.js';
import type { UseCases } from '../subgraph.js';
import { IntegrityError, ObjectMissing } from '../usecases/ports.js';
import { answerContent } from './answerContent.js';
import { answerRefusal, refuse } from './answerRefusal.js';

// A part of 64 MiB may take longer than a request of JSON; a client that sends nothing for a while is cut off instead.
const TRANSFER_TIMEOUT_MS = 15 * 60_000;
const SILENCE_TIMEOUT_MS = 30_000;
const OTHER_METHODS = ['POST', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/**
 * The routes that bytes travel by: PUT a part, GET or HEAD a version. A signed URL is each request's only proof; no
 * token and no assertion is looked at.
 */
export function dataPlane(useCases: UseCases, log: Logger): (app: FastifyInstance) => void {
  return (app) => {
    app.server.requestTimeout = TRANSFER_TIMEOUT_MS;
    void app.register(async (routes) => {
      // Bodies are streams here, whatever type the client names.
      routes.removeAllContentTypeParsers();
      routes.addContentTypeParser('*', (_request, _body, done) => done(null));
      routes.setErrorHandler((error, request, reply) => answerError(error, request, reply, log));
      routes.put('/data/*', { bodyLimit: Number.MAX_SAFE_INTEGER }, (request, reply) =>
        putPart(useCases, request, reply),
      );
      routes.route({
        method: ['GET', 'HEAD'],
        url: '/data/*',
        exposeHeadRoute: false,
        handler: (request, reply) => getContent(useCases, request, reply, log),
      });
      routes.route({
        method: [...OTHER_METHODS],
        url: '/data/*',
        bodyLimit: Number.MAX_SAFE_INTEGER,
        handler: (_request, reply) => refuseMethod(reply),
      });
    });
  };
}

async function putPart(useCases: UseCases, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  request.raw.setTimeout(SILENCE_TIMEOUT_MS, () => request.raw.destroy());
  const length = request.headers['content-length'];
  const result = await useCases.receivePart({
    method: 'PUT',
    url: request.url,
    announcedBytes: length === undefined ? null : Number(length),
    // Whoever stops reading it does not end the connection: there is an answer to be sent.
    body: request.raw.iterator({ destroyOnReturn: false }),
  });
  if (!result.ok) {
    // A body without an announced length may have no end.
    if (length === undefined && !request.raw.complete) reply.header('connection', 'close');
    else readToNowhere(request);
    return answerRefusal(reply, result.refusal);
  }
  const { number, bytes, sha256 } = result.value;
  return reply.status(200).header('etag', `"${sha256}"`).send({ number, bytes, sha256 });
}

async function getContent(
  useCases: UseCases,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
): Promise<FastifyReply> {
  const { headers } = request;
  const result = await useCases.openContent({
    method: request.method,
    url: request.url,
    range: headers.range,
    conditions: {
      ifMatch: headers['if-match'],
      ifNoneMatch: headers['if-none-match'],
      ifRange: typeof headers['if-range'] === 'string' ? headers['if-range'] : undefined,
    },
  });
  if (!result.ok) return answerRefusal(reply, result.refusal);
  return answerContent(reply, request.method, result.value, log);
}

/** Whoever was reading the body may not have let go of it yet: what it hears of it no more does not hold it up. */
function readToNowhere({ raw }: FastifyRequest): void {
  raw.removeAllListeners('readable');
  raw.on('data', () => undefined).resume();
}

const refuseMethod = (reply: FastifyReply): FastifyReply =>
  refuse(
    reply.header('allow', 'GET, HEAD, PUT'),
    405,
    'URL_INVALID',
    'The signed URL is not for this method: PUT a part, GET or HEAD a version.',
  );

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Logger): FastifyReply {
  // The client went away in the middle of its body: nobody is there to be answered.
  if (request.raw.destroyed && !request.raw.complete) return reply;
  // The rest of a part is read to nowhere: its client hears the answer, and may go on with the connection.
  readToNowhere(request);
  // Never the URL, which is a key as long as it works.
  log.error({ err: error, requestId: request.id }, 'a request to the data plane failed');
  if (error instanceof IntegrityError || error instanceof ObjectMissing) {
    return refuse(reply, 500, 'INTEGRITY_ERROR', 'The stored bytes are damaged; tell the operator.');
  }
  return refuse(reply, 500, 'INTERNAL', 'Something went wrong here; it has been logged.');
}
