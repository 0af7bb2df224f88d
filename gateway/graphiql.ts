import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Logger } from '../platform/server/log.js';

/** Everything comes from the gateway itself; styles inline, because the editor sets them on its elements. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const USER_CODE = /^[A-Za-z-]{1,20}$/;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
};

/**
 * Adds GET /graphiql, GET /device, which leads there, and the files of the page, as scripts/build-graphiql.mjs made them. Where they were not built, the
 * page says how to; the graph itself does not need it.
 */
export async function addGraphiqlRoutes(app: FastifyInstance, folder: string, log: Logger): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  if (!names.includes('index.html')) {
    log.warn({ folder }, 'GraphiQL was not built');
    app.get('/graphiql', async (_request, reply) =>
      reply.status(503).type('text/plain').send('GraphiQL was not built. Run: node scripts/build-graphiql.mjs\n'),
    );
    return;
  }
  const tag = `"${await readFile(join(folder, 'stamp'), 'utf8')}"`;
  const sendFile = (reply: FastifyReply, name: string, seen: string | undefined): FastifyReply => {
    reply
      .header('content-security-policy', POLICY)
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-cache')
      .header('etag', tag);
    if (seen === tag) return reply.status(304).send();
    return reply.type(TYPES[extname(name)] ?? 'application/octet-stream').send(createReadStream(join(folder, name)));
  };

  // Where a device login sends people: the page with a document for it.
  app.get<{ Querystring: { userCode?: unknown } }>('/device', async (request, reply) => {
    const { userCode } = request.query;
    const shown = typeof userCode === 'string' && USER_CODE.test(userCode) ? userCode : '';
    return reply.redirect(`graphiql?userCode=${shown}`);
  });
  app.get('/graphiql', (request, reply) => sendFile(reply, 'index.html', request.headers['if-none-match']));
  app.get<{ Params: { name: string } }>('/graphiql/:name', (request, reply) => {
    const { name } = request.params;
    // Only names that were listed at the start are opened: no path can lead elsewhere.
    if (!names.includes(name) || TYPES[extname(name)] === undefined) return reply.callNotFound();
    return sendFile(reply, name, request.headers['if-none-match']);
  });
}
