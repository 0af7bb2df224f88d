import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { GraphQLResolverMap } from '@apollo/subgraph/dist/schema-helper/index.js';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import type { AuditReader } from '../audit/auditReader.js';
import { auditResolvers } from '../audit/auditResolvers.js';
import { ASSERTION_HEADER, type VerifiedCaller, verifyAssertion } from '../auth/assertion.js';
import type { Trust } from '../auth/trust.js';
import { Fault, unavailable } from '../kernel/faults.js';
import { limits } from '../kernel/limits.js';
import type { SubgraphName } from '../kernel/services.js';
import { watchPeers } from '../peers/peerStates.js';
import { answerWithApollo } from './apolloRequest.js';
import { allowCrossOrigins, readCrossOrigins } from './crossOrigin.js';
import { faultBody, httpStatusOf, publicError } from './errors.js';
import { type EntityLookUps, guardEntities } from './guardEntities.js';
import { drain, listen, makeHttpServer, retire } from './httpServer.js';
import type { Logger } from './log.js';
import { addOperationsRoutes, makeMetrics } from './operations.js';
import type { RequestContext } from './requestContext.js';
import { requireCertificate } from './requireCertificate.js';
import type { ServiceSettings } from './settings.js';
import { sharedResolvers } from './sharedResolvers.js';
import { loadTypeDefs } from './typeDefs.js';

/** The header in which a caller says how many milliseconds are left for the answer. */
export const DEADLINE_HEADER = 'tollgate-deadline-ms';
// Entity fetches carry up to a thousand representations; clients' bodies are limited at the gateway.
const BODY_BYTES_MAX = 4 * limits.bodyBytesMax;

/** What makes one subgraph different from the others. */
export interface SubgraphOptions<Context extends RequestContext> {
  readonly settings: ServiceSettings & { readonly service: SubgraphName };
  /** The subgraph's own resolvers; those of shared types are added. */
  readonly resolvers: object;
  /** Adds use cases and loaders to a request. */
  readonly contextOf: (request: RequestContext) => Context;
  readonly trust: Trust;
  /** The service's audit trail, for its field of AuditTrail. */
  readonly audit: AuditReader;
  /** What services look up by key in their own name; absent: nothing. */
  readonly lookUps?: EntityLookUps;
  /** Plain routes, each with a proof of its own; `contextOf` takes the gateway's assertion and token as /graphql does. */
  readonly routes?: (app: FastifyInstance, contextOf: (request: FastifyRequest) => Promise<Context>) => void;
  /** Adds measures of the subgraph's own to GET /metrics. */
  readonly measures?: (registry: Registry) => void;
  /** Throws when the service cannot serve; feed and shutdown are looked at already. What it gives is shown beside. */
  readonly ready: () => Promise<Readonly<Record<string, unknown>> | undefined>;
  readonly log: Logger;
}

/** A subgraph that listens. */
export interface SubgraphServer {
  readonly url: string;
  /** Says from now on that it goes; it still serves. */
  retire(): void;
  /** Answers what is in flight, then closes. */
  stop(): Promise<void>;
}

/**
 * Serves one subgraph: POST /graphql for callers with an assertion, health, metrics and the subgraph's plain routes.
 * @throws ServiceStartError where it cannot listen
 */
export async function startSubgraphServer<Context extends RequestContext>(
  options: SubgraphOptions<Context>,
): Promise<SubgraphServer> {
  const { settings, trust, log } = options;
  const metrics = makeMetrics(settings.service);
  options.measures?.(metrics.registry);
  const schema = buildSubgraphSchema({
    typeDefs: loadTypeDefs(settings.service),
    resolvers: mergeResolvers(
      { ...sharedResolvers, ...auditResolvers(settings.service, options.audit) },
      options.resolvers,
    ) as GraphQLResolverMap<unknown>,
  });
  guardEntities(schema, options.lookUps ?? {});
  const apollo = new ApolloServer<Context>({
    schema,
    plugins: [ApolloServerPluginInlineTraceDisabled(), ApolloServerPluginUsageReportingDisabled()],
    formatError: publicError(log),
    // The gateway composes from files; nobody needs to look into a subgraph's schema over HTTP.
    introspection: false,
    csrfPrevention: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    logger: log,
  });
  await apollo.start();
  const app = makeHttpServer(BODY_BYTES_MAX, { tls: settings.keys.tls });
  await allowCrossOrigins(app, readCrossOrigins(settings.variables));
  let draining = false;

  app.post('/graphql', async (request, reply) => {
    const end = metrics.operationSeconds.startTimer();
    try {
      const context = options.contextOf(await requestContextOf(request, settings, trust, log));
      await withinDeadline(answerWithApollo(apollo, request, reply, context), context.deadlineAt, settings.service);
      end({ outcome: 'answered' });
    } catch (error) {
      end({ outcome: 'refused' });
      const fault =
        error instanceof Fault ? error : new Fault('INTERNAL', 'Something went wrong here; it has been logged.');
      if (!(error instanceof Fault)) log.error({ err: error }, 'unexpected error before execution');
      if (!reply.sent) await reply.status(httpStatusOf(fault)).type('application/json').send(faultBody(fault));
    }
    return reply;
  });
  const peers = watchPeers(settings);
  addOperationsRoutes(app, metrics, async () => {
    if (draining) throw new Error('shutting down');
    if (!Number.isFinite(trust.feed.ageMs())) throw new Error('identity has not answered yet');
    const more = await options.ready();
    const feedAgeMs = Math.round(trust.feed.ageMs());
    return { service: settings.service, feedAgeMs, peers: await peers(), ...more };
  });
  options.routes?.(app, async (request) => options.contextOf(await requestContextOf(request, settings, trust, log)));

  const url = await listen(app, settings.host, settings.port, `${settings.service.toUpperCase()}_PORT`);
  return {
    url,
    retire() {
      draining = true;
      retire(app);
    },
    async stop() {
      draining = true;
      await drain(app);
      await apollo.stop();
    },
  };
}

/**
 * Verifies the caller of a route that is for Tollgate's services alone: by its assertion, and with TLS by the certificate of
 * the connection too, which must be the same service's.
 * @throws Fault ASSERTION_INVALID
 */
export async function verifyCaller(
  request: FastifyRequest,
  settings: ServiceSettings & { readonly service: SubgraphName },
): Promise<VerifiedCaller> {
  requireCertificate(request, settings.keys, null);
  const verified = await verifyAssertion(settings.keys, singleHeader(request, ASSERTION_HEADER), {
    target: settings.service,
    method: request.method,
    path: request.url,
    body: request.body instanceof Buffer ? request.body : Buffer.alloc(0),
    token: bearerOf(request),
  });
  requireCertificate(request, settings.keys, verified.caller);
  return verified;
}

async function requestContextOf(
  request: FastifyRequest,
  settings: ServiceSettings & { readonly service: SubgraphName },
  trust: Trust,
  log: Logger,
): Promise<RequestContext> {
  const { caller, clientIp, userAgent, requestId } = await verifyCaller(request, settings);
  const token = bearerOf(request);
  const wished = Number(singleHeader(request, DEADLINE_HEADER) ?? limits.subgraphDeadlineMs);
  const remainingMs = Number.isFinite(wished) ? Math.min(Math.max(wished, 0), limits.subgraphDeadlineMs) : 0;
  return {
    viewer: await trust.viewerOf(caller, token),
    caller,
    token,
    requestId,
    clientIp,
    userAgent,
    deadlineAt: Date.now() + remainingMs,
    log: log.child({ requestId }),
  };
}

function bearerOf(request: FastifyRequest): string | null {
  const match = /^Bearer ([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '');
  return match?.[1] ?? (request.headers.authorization === undefined ? null : '');
}

const singleHeader = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** Answers for work that outlives its deadline; the work itself goes on, its outcome is kept under its key. */
async function withinDeadline(work: Promise<void>, deadlineAt: number, service: SubgraphName): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unavailable(service)), Math.max(deadlineAt - Date.now(), 0));
  });
  try {
    await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Merges resolver maps type by type; scalars are taken whole, the second map goes before the first. */
function mergeResolvers(shared: object, own: object): object {
  const merged: Record<string, unknown> = { ...shared };
  for (const [type, fields] of Object.entries(own)) {
    const known = merged[type];
    merged[type] = isPlain(known) && isPlain(fields) ? { ...known, ...fields } : fields;
  }
  return merged;
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
