import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../../platform/kernel/faults.js';
import { documentStatusOf, faultBody } from '../../../platform/server/errors.js';
import type { Context } from '../context.js';

/** A document that is written while it is read. */
export interface Document {
  readonly fileName: string;
  readonly contentType: string;
  /** Its text, piece by piece. */
  readonly pieces: AsyncIterable<string>;
}

/** How a plain route learns who asks: the gateway's assertion and the token, as at /graphql. */
export type ContextOf = (request: FastifyRequest) => Promise<Context>;

/**
 * Adds GET `path`. What `make` throws before the first piece is answered in the form of the graph's errors; what goes
 * wrong later breaks the connection off, so that half a document is not taken for a whole one. A service that stops ends
 * the documents that are under way.
 */
export function addDocumentRoute(
  app: FastifyInstance,
  path: string,
  contextOf: ContextOf,
  make: (context: Context, request: FastifyRequest) => Promise<Document>,
): void {
  const underWay = new Set<Readable>();
  app.addHook('preClose', async () => {
    for (const stream of underWay) stream.destroy(new Error('the service stops'));
  });
  app.get(path, { exposeHeadRoute: false }, async (request, reply) => {
    let context: Context | undefined;
    try {
      context = await contextOf(request);
      const { fileName, contentType, pieces } = await make(context, request);
      const stream = Readable.from(pieces);
      underWay.add(stream);
      const { log } = context;
      stream.once('close', () => underWay.delete(stream));
      stream.once('error', (err) => log.warn({ err }, 'a document was broken off'));
      void reply
        .type(contentType)
        .header('content-disposition', `attachment; filename="${fileName}"`)
        .header('cache-control', 'no-store')
        .header('x-content-type-options', 'nosniff')
        .send(stream);
    } catch (error) {
      await refuse(reply, error, context);
    }
    return reply;
  });
}

async function refuse(reply: FastifyReply, error: unknown, context: Context | undefined): Promise<void> {
  const masked = new Fault('INTERNAL', 'Something went wrong here; it has been logged.');
  const fault = error instanceof Fault ? error : masked;
  if (fault === masked) context?.log.error({ err: error }, 'unexpected error before a document');
  await reply.status(documentStatusOf(fault)).type('application/json').send(faultBody(fault));
}
