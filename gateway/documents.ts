import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { unavailable } from '../platform/kernel/faults.js';
import { signedStream } from '../platform/peers/signedStream.js';
import type { Logger } from '../platform/server/log.js';
import type { ServiceSettings } from '../platform/server/settings.js';
import { contextOf } from './context.js';

/** Documents that a person asks accounting for with the token of the graph; they may be longer than an answer of it. */
const PATHS = ['/accounts/:accountId/statement.csv', '/ledger/journal.ndjson', '/reports/charges.csv'] as const;
/** What of the answer's head is handed on. */
const HEADERS = ['content-type', 'content-disposition'] as const;

/**
 * Adds the documents of accounting under the gateway's own address. They pass through as they come: nothing is gathered,
 * a slow reader slows the writer down, and one that hangs up ends it. Who may have them, accounting decides.
 */
export function addDocumentRoutes(
  app: FastifyInstance,
  settings: ServiceSettings,
  deadlineMs: number,
  log: Logger,
): void {
  for (const path of PATHS) {
    app.get(path, { exposeHeadRoute: false }, async (request, reply) => {
      await pass(request, reply, { settings, deadlineMs, log });
      return reply;
    });
  }
}

async function pass(
  request: FastifyRequest,
  reply: FastifyReply,
  {
    settings,
    deadlineMs,
    log,
  }: { readonly settings: ServiceSettings; readonly deadlineMs: number; readonly log: Logger },
): Promise<void> {
  const { token, requestId, clientIp, userAgent } = contextOf(request, deadlineMs, log);
  const ending = new AbortController();
  reply.raw.once('close', () => ending.abort());
  // The deadline is for the beginning; how long the rest takes is the reader's affair.
  const timer = setTimeout(
    () => ending.abort(new DOMException('accounting did not begin its answer in time', 'TimeoutError')),
    deadlineMs,
  );
  try {
    const answer = await signedStream({
      keys: settings.keys,
      target: 'accounting',
      origin: () => settings.peerUrl('accounting'),
      method: 'GET',
      path: request.url,
      body: null,
      token,
      headers: {},
      requestId,
      clientIp,
      userAgent,
      // Half for each of two: a long document may take its time to begin.
      silentForMs: deadlineMs / 2,
      signal: ending.signal,
    });
    for (const name of HEADERS) {
      const value = answer.headers[name];
      if (value !== undefined) reply.header(name, value);
    }
    reply.status(answer.status).header('x-request-id', requestId).header('cache-control', 'no-store');
    reply.header('x-content-type-options', 'nosniff');
    if (answer.status === 401) reply.header('www-authenticate', 'Bearer');
    void reply.send(answer.body);
  } catch (error) {
    log.warn({ target: 'accounting', err: error }, 'a document cannot be read');
    throw unavailable('accounting');
  } finally {
    clearTimeout(timer);
  }
}
