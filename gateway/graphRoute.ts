import type { ApolloServer } from '@apollo/server';
import type { FastifyInstance } from 'fastify';
import { answerWithApollo } from '../platform/server/apolloRequest.js';
import type { Logger } from '../platform/server/log.js';
import type { Metrics } from '../platform/server/operations.js';
import { contextOf, type GatewayContext } from './context.js';

/** Adds POST /graphql (and GET for queries, as GraphQL over HTTP has it). */
export function addGraphRoute(
  app: FastifyInstance,
  graph: ApolloServer<GatewayContext>,
  metrics: Metrics,
  deadlineMs: number,
  log: Logger,
): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    // HEAD would run the query to throw its answer away.
    exposeHeadRoute: false,
    async handler(request, reply) {
      const end = metrics.operationSeconds.startTimer();
      try {
        const context = contextOf(request, deadlineMs, log);
        reply
          .header('x-request-id', context.requestId)
          .header('cache-control', 'no-store')
          .header('x-content-type-options', 'nosniff');
        await answerWithApollo(graph, request, reply, context);
      } finally {
        end({ outcome: reply.statusCode < 400 ? 'answered' : 'refused' });
      }
      return reply;
    },
  });
}
