import { readFile } from 'node:fs/promises';
import { limits } from '../platform/kernel/limits.js';
import { watchPeers } from '../platform/peers/peerStates.js';
import { allowCrossOrigins, readCrossOrigins } from '../platform/server/crossOrigin.js';
import { drain, listen, makeHttpServer, retire } from '../platform/server/httpServer.js';
import { makeLogger } from '../platform/server/log.js';
import { addOperationsRoutes, makeMetrics } from '../platform/server/operations.js';
import type { RunningService, ServiceSettings } from '../platform/server/settings.js';
import { type GatewayConfig, loadGatewayConfig } from './config.js';
import { addDocumentRoutes } from './documents.js';
import { makeGraphServer } from './gateway.js';
import { addGraphiqlRoutes } from './graphiql.js';
import { addGraphRoute } from './graphRoute.js';
import { answerHttpErrors } from './httpErrors.js';
import { addTokenRoute } from './oauth.js';
import { addOpenOnDemandRoute } from './openOnDemand.js';
import { addWellKnownRoutes } from './wellKnown.js';

/**
 * Starts the gateway: the composed graph at /graphql, GraphiQL, the token endpoint, health, metrics and the public documents.
 * It starts with no subgraph up.
 * @param named configuration that goes before the environment's
 * @throws ServiceStartError where it is configured wrongly or cannot listen
 */
export async function startGateway(
  settings: ServiceSettings,
  named: Partial<GatewayConfig> = {},
): Promise<RunningService> {
  const config = loadGatewayConfig(settings.variables, named);
  const log = makeLogger('gateway', config.logLevel);
  const supergraphSdl = await readFile(config.supergraphFile, 'utf8');
  const graph = await makeGraphServer(settings, supergraphSdl, config.introspection, log);
  const metrics = makeMetrics('gateway');
  const nothingHere = 'There is nothing at this address; the graph is at POST /graphql.';
  const app = makeHttpServer(limits.bodyBytesMax, {
    nothingHere,
    trustedProxies: config.trustedProxies,
    tls: settings.keys.tls,
  });
  await allowCrossOrigins(app, readCrossOrigins(settings.variables));
  let draining = false;

  answerHttpErrors(app, log);
  addGraphRoute(app, graph, metrics, config.deadlineMs, log);
  addWellKnownRoutes(app, settings, log);
  addTokenRoute(app, settings, config.deadlineMs, log);
  addDocumentRoutes(app, settings, config.deadlineMs, log);
  addOpenOnDemandRoute(app);
  const peers = watchPeers(settings);
  addOperationsRoutes(app, metrics, async () => {
    if (draining) throw new Error('shutting down');
    return { service: 'gateway', peers: await peers() };
  });
  if (config.ui) await addGraphiqlRoutes(app, config.graphiqlFolder, log);

  const url = await listen(app, settings.host, settings.port, 'TOLLGATE_PORT');
  return {
    name: 'gateway',
    url,
    retire() {
      draining = true;
      retire(app);
    },
    async stop() {
      draining = true;
      await drain(app);
      await graph.stop();
    },
  };
}
