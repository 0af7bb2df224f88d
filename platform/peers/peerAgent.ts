import { Agent, type buildConnector, errors } from 'undici';

// An idle one is closed here before a peer that goes would do it, whatever its own limit is: what is sent while the other
// side closes may have arrived or not.
const IDLE_MS = 4_000;
// A handful serves hundreds of calls in parallel without unbounded sockets.
const CONNECTIONS = 64;
// Well below every deadline, so that what a dead machine does not take is sent elsewhere.
const CONNECT_MS = 2_000;

/** Errors of connections that never came about, so that nothing was sent. */
const unsent = new WeakSet<object>();

/** Kept connections between services. @param connect how they are made with TLS */
export function makePeerAgent(connect: buildConnector.BuildOptions = {}): Agent {
  const agent = new Agent({
    connections: CONNECTIONS,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    pipelining: 1,
    connect: { timeout: CONNECT_MS, ...connect },
  });
  agent.on('connectionError', (_origin, _targets, error) => unsent.add(error));
  return agent;
}

/** Whether nothing was sent, since no connection came about. */
export const wasNeverSent = (error: unknown): boolean => error instanceof Error && unsent.has(error);

/** Whether the peer was there, perhaps, but said nothing: neither to a connection nor to a request. */
export const keptSilent = (error: unknown): boolean =>
  error instanceof errors.ConnectTimeoutError || error instanceof errors.HeadersTimeoutError;
