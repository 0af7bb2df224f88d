import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Trust } from '../../../platform/auth/trust.js';
import { Fault, unauthenticated } from '../../../platform/kernel/faults.js';
import { httpStatusOf } from '../../../platform/server/errors.js';
import type { Logger } from '../../../platform/server/log.js';
import { usageLimits } from '../domain/limits.js';
import type { UseCases } from '../subgraph.js';
import { splitLines } from './splitLines.js';

// Hundreds of thousands of records take longer than a request of JSON; a client that sends nothing is cut off instead.
const STREAM_TIMEOUT_MS = 15 * 60_000;
const SILENCE_TIMEOUT_MS = 30_000;
const STATUS: Partial<Record<Fault['code'], number>> = { FORBIDDEN: 403, NOT_FOUND: 404 };

/** Where a cluster's usage is streamed to, below the service's address. */
export const usagePath = (clusterId: string): string => `/usage/${encodeURIComponent(clusterId)}`;

/**
 * POST /usage/<clusterId>: NDJSON in, NDJSON out. The proof is the controller's own token as `Authorization: Bearer`, which
 * the gateway would take from it all the same; it is looked at for each block again.
 */
export function addUsageRoute(
  app: FastifyInstance,
  usecases: Pick<UseCases, 'streamUsage'>,
  trust: Pick<Trust, 'viewerOf'>,
  log: Logger,
): void {
  app.server.requestTimeout = STREAM_TIMEOUT_MS;
  void app.register(async (routes) => {
    // The body is a stream here, whatever type the client names.
    routes.removeAllContentTypeParsers();
    routes.addContentTypeParser('*', (_request, _body, done) => done(null));
    routes.post<{ Params: { clusterId: string } }>(
      '/usage/:clusterId',
      { bodyLimit: Number.MAX_SAFE_INTEGER },
      (request, reply) => takeStream(request, request.params.clusterId, reply, { usecases, trust, log }),
    );
  });
}

interface Parts {
  readonly usecases: Pick<UseCases, 'streamUsage'>;
  readonly trust: Pick<Trust, 'viewerOf'>;
  readonly log: Logger;
}

async function takeStream(
  request: FastifyRequest,
  clusterId: string,
  reply: FastifyReply,
  { usecases, trust, log }: Parts,
): Promise<FastifyReply> {
  const requestId = randomUUID();
  const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
  try {
    if (token === null) throw unauthenticated();
    const verdicts = await usecases.streamUsage({
      clusterId,
      requestId,
      clientIp: request.ip,
      lines: splitLines(request.raw, usageLimits.lineBytesMax),
      viewer: () => trust.viewerOf('gateway', token),
    });
    request.raw.setTimeout(SILENCE_TIMEOUT_MS, () => request.raw.destroy());
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    const body = Readable.from(endingWithFault(verdicts, request, log.child({ requestId })), { highWaterMark: 1 });
    // No faster than the client reads it. A client that goes away in the middle is nothing to log.
    await pipeline(body, reply.raw).catch(() => reply.raw.destroy());
  } catch (error) {
    await answerFault(publicFault(error, log.child({ requestId })), error, reply);
  }
  return reply;
}

/** The verdicts; where the work breaks off, a last line says so, since the status went out long before. */
async function* endingWithFault(
  verdicts: AsyncIterable<string>,
  request: FastifyRequest,
  log: Logger,
): AsyncGenerator<string> {
  try {
    yield* verdicts;
  } catch (error) {
    // The client went away in the middle of its body: nobody is there to be answered, and it will send again.
    if (request.raw.destroyed && !request.raw.complete) return;
    const { code, message } = publicFault(error, log);
    yield `${JSON.stringify({ error: { code, message } })}\n`;
  }
}

function publicFault(error: unknown, log: Logger): Fault {
  if (error instanceof Fault) return error;
  log.error({ err: error }, 'a stream of usage failed');
  return new Fault('INTERNAL', 'Something went wrong here; it has been logged.');
}

async function answerFault(fault: Fault, error: unknown, reply: FastifyReply): Promise<void> {
  const { code, message } = fault;
  const status = STATUS[code] ?? (fault === error ? httpStatusOf(fault) : 500);
  // The rest of the body is not read: the connection ends with the answer.
  await reply
    .status(status)
    .headers({ 'content-type': 'application/json', 'cache-control': 'no-store', connection: 'close' })
    .send(JSON.stringify({ code, message }));
}
