import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { ServiceName } from '../kernel/services.js';

/** Metrics of one service. */
export interface Metrics {
  readonly registry: Registry;
  /** Seconds of GraphQL operations, by outcome. */
  readonly operationSeconds: Histogram<'outcome'>;
}

/** A registry of its own for each service, so that several can live in one process. */
export function makeMetrics(service: ServiceName): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  const operationSeconds = new Histogram({
    name: 'tollgate_graphql_operation_seconds',
    help: 'Seconds from request to answer of GraphQL operations.',
    labelNames: ['outcome'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return { registry, operationSeconds };
}

/**
 * Adds GET /health/live, /health/ready and /metrics.
 * @param ready resolves with what to show when the service can serve, throws with the reason when it cannot
 */
export function addOperationsRoutes(
  app: FastifyInstance,
  metrics: Metrics,
  ready: () => Promise<Readonly<Record<string, unknown>>>,
): void {
  app.get('/health/live', async () => ({ status: 'live' }));
  app.get('/health/ready', async (_request, reply) => {
    try {
      return { status: 'ready', ...(await ready()) };
    } catch (error) {
      reply.status(503);
      return { status: 'not ready', reason: error instanceof Error ? error.message : 'unknown' };
    }
  });
  app.get('/metrics', async (_request, reply) => {
    reply.header('content-type', metrics.registry.contentType);
    return metrics.registry.metrics();
  });
}
