import { isIPv6, type Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
  fastify,
} from 'fastify';
import { badUserInput, Fault } from '../kernel/faults.js';
import type { ServiceTls } from '../tls/serviceTls.js';
import { faultBody } from './errors.js';
import { ServiceStartError } from './runDirectory.js';

const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 72_000;

/** Where an answer of a server that goes says so, for peers to ask another replica. */
export const DRAINING_HEADER = 'tollgate-draining';
/** What a connection that was just made to a server that goes has for its request. */
const LATE_REQUEST_MS = 1_000;

const retiring = new WeakSet<FastifyInstance>();
const requestsInFlight = new WeakMap<FastifyInstance, Set<FastifyRequest>>();
/** Every TCP connection, since Node's list of connections has none before its TLS handshake is done. */
const openSockets = new WeakMap<FastifyInstance, Set<Socket>>();

/**
 * An HTTP server without routes; bodies of JSON come as raw bytes, since assertions and limits look at the bytes. No
 * answer repeats the address that was asked for: its query may be the signature of an upload or a download.
 * @param nothingHere what is said where no route is
 * @param trustedProxies addresses and networks whose X-Forwarded-For tells the client's address
 * @param tls absent: plain HTTP
 */
export function makeHttpServer(
  bodyBytesMax: number,
  {
    nothingHere = 'There is nothing at this address and method.',
    trustedProxies = [],
    tls,
  }: {
    readonly nothingHere?: string;
    readonly trustedProxies?: readonly string[];
    readonly tls?: ServiceTls | undefined;
  } = {},
): FastifyInstance {
  const app = fastify({
    ...(tls === undefined ? {} : { serverFactory: overTls(tls) }),
    logger: false,
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    bodyLimit: bodyBytesMax,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Idle connections are closed at once when the server drains; requests in flight are answered first.
    forceCloseConnections: 'idle',
    // What arrives while it closes was sent in good faith, and is served.
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: false },
    frameworkErrors: (error, _request, reply) =>
      send(reply, badUserInput('The address is not a well-formed URL; correct its escapes.'), error.statusCode ?? 400),
  });
  app.setNotFoundHandler((_request, reply) => send(reply, new Fault('NOT_FOUND', nothingHere), 404));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  const sockets = new Set<Socket>();
  openSockets.set(app, sockets);
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const inFlight = new Set<FastifyRequest>();
  requestsInFlight.set(app, inFlight);
  app.addHook('onRequest', async (request, reply) => {
    inFlight.add(request);
    // For answers that go past fastify, as downloads do.
    if (retiring.has(app)) reply.raw.setHeader('connection', 'close').setHeader(DRAINING_HEADER, '1');
    // When the answer is out, or the client has hung up.
    reply.raw.once('close', () => inFlight.delete(request));
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (retiring.has(app)) reply.header('connection', 'close').header(DRAINING_HEADER, '1');
    done(null, payload);
  });
  return app;
}

/** Has a server say with each answer that it goes, and end the answer's connection, so that no client keeps one to it. */
export function retire(app: FastifyInstance): void {
  retiring.add(app);
}

/** fastify sets its times on the servers that it makes itself alone. */
const overTls =
  (tls: ServiceTls): FastifyServerFactory =>
  (handler) => {
    const server = tls.serve(handler);
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.requestTimeout = REQUEST_TIMEOUT_MS;
    return server;
  };

const send = (reply: FastifyReply, fault: Fault, status: number): FastifyReply =>
  reply.status(status).type('application/json; charset=utf-8').send(faultBody(fault));

const IDLE_LOOK_MS = 50;
/** Longer than any deadline of a request; with the longest drainSeconds below what supervisors give a process to end. */
export const DRAIN_MAX_MS = 25_000;

/**
 * Answers what is in flight, then closes. Connections without a request are closed outright: Node leaves those alone on
 * which none was ever sent, and those that fall idle later, so that its keep-alive time would hold the stop up. Where
 * it was told to retire, one that was made in the last moment is given time for its request.
 * @param atMostMs after what time, in milliseconds, what is still in flight is cut off: a client that reads a byte a
 *   minute must not hold the stop up
 */
export async function drain(app: FastifyInstance, atMostMs = DRAIN_MAX_MS): Promise<void> {
  const beganAt = performance.now();
  const waitsUntil = beganAt + (retiring.has(app) ? LATE_REQUEST_MS : 0);
  const timer = setInterval(() => {
    const now = performance.now();
    const isDone = requestsInFlight.get(app)?.size === 0 && now >= waitsUntil;
    if (isDone || now >= beganAt + atMostMs) closeConnections(app);
  }, IDLE_LOOK_MS);
  try {
    await app.close();
  } finally {
    clearInterval(timer);
  }
}

function closeConnections(app: FastifyInstance): void {
  app.server.closeAllConnections();
  for (const socket of openSockets.get(app) ?? []) socket.destroy();
}

/**
 * Begins to listen.
 * @returns the address, http://host:port, or https:// with the host as it was given, since certificates name that
 * @throws ServiceStartError where the port is taken or not allowed
 */
export async function listen(app: FastifyInstance, host: string, port: number, variable: string): Promise<string> {
  try {
    const address = await app.listen({ host, port });
    return app.server instanceof TlsServer ? addressWithTls(host, address) : address;
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

function addressWithTls(host: string, address: string): string {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `https://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${new URL(address).port}`;
}
