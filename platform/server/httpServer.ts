import { type FastifyInstance, fastify } from 'fastify';
import { ServiceStartError } from './runDirectory.js';

const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 72_000;

/** An HTTP server without routes; bodies of JSON come as raw bytes, since assertions and limits look at the bytes. */
export function makeHttpServer(bodyBytesMax: number): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: bodyBytesMax,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Idle connections are closed at once when the server drains; requests in flight are answered first.
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: false },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  return app;
}

const IDLE_LOOK_MS = 100;

/**
 * Answers what is in flight, then closes. A connection that becomes idle after the close began is closed as well:
 * Node looks at idle ones only once, and its keep-alive time would hold the stop up.
 */
export async function drain(app: FastifyInstance): Promise<void> {
  const timer = setInterval(() => app.server.closeIdleConnections(), IDLE_LOOK_MS);
  try {
    await app.close();
  } finally {
    clearInterval(timer);
  }
}

/**
 * Begins to listen.
 * @returns the address, http://host:port
 * @throws ServiceStartError where the port is taken or not allowed
 */
export async function listen(app: FastifyInstance, host: string, port: number, variable: string): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE') {
      throw new ServiceStartError(`Port ${port} on ${host} is taken; end the program that has it, or set ${variable}.`);
    }
    if (code === 'EACCES') {
      throw new ServiceStartError(
        `Port ${port} on ${host} may not be opened by this user; set ${variable} above 1023.`,
      );
    }
    if (code === 'EADDRNOTAVAIL') {
      throw new ServiceStartError(`The address ${host} is not one of this machine's; correct TOLLGATE_HOST.`);
    }
    throw error;
  }
}
