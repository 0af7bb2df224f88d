import './telemetryOff.js';
import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { subgraphNames } from '../platform/kernel/services.js';
import type { Logger } from '../platform/server/log.js';
import type { ServiceSettings } from '../platform/server/settings.js';
import { answerPlugin } from './answerPlugin.js';
import type { GatewayContext } from './context.js';
import { nodeBudget } from './nodeBudget.js';
import { gatewayErrors } from './publicErrors.js';
import { noPrototypeAlias, parseOptions, queryLimits } from './queryLimits.js';
import { subgraphSource } from './subgraphSource.js';
import { tokenCheck } from './tokenCheck.js';

/**
 * Makes the server of the composed graph. Nothing is asked of the subgraphs, so that it starts without them.
 * Memory is bounded: parsed documents, query plans and persisted operations are kept in caches of 30 MiB each, the
 * libraries' own default; a new document pushes the least used one out.
 */
export async function makeGraphServer(
  settings: ServiceSettings,
  supergraphSdl: string,
  introspection: boolean,
  log: Logger,
): Promise<ApolloServer<GatewayContext>> {
  const gateway = new ApolloGateway({
    supergraphSdl,
    buildService({ name }) {
      const target = subgraphNames.find((known) => known === name);
      if (target === undefined) throw new Error(`schema/supergraph.graphql names an unknown subgraph: ${name}.`);
      return subgraphSource(target, settings);
    },
    // A plan tells how the services are cut; it is nobody's business outside.
    __exposeQueryPlanExperimental: false,
    // Composition is proven by a test; doing it again would cost every start.
    validateSupergraph: false,
    logger: log,
  });
  const server = new ApolloServer<GatewayContext>({
    gateway,
    introspection,
    plugins: [
      answerPlugin(tokenCheck(settings)),
      nodeBudget,
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
    formatError: gatewayErrors(log),
    parseOptions,
    validationRules: [queryLimits, noPrototypeAlias],
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    hideSchemaDetailsFromClientErrors: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    logger: log,
  });
  await server.start();
  return server;
}
