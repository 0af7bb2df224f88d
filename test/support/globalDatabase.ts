import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { ServiceUrls } from '../../platform/database/embedded/urls.js';
import { startEmbeddedDatabase } from '../../platform/database/startEmbeddedDatabase.js';
import { subgraphNames } from '../../platform/kernel/services.js';

/** What tests get from the run's server; see database.ts, which is what they use. */
export interface TestServer {
  readonly superuserUrl: string;
  readonly urls: Readonly<Record<string, ServiceUrls>>;
}

declare module 'vitest' {
  interface ProvidedContext {
    testServer: TestServer;
  }
}

/** Who has a database. `sandbox` belongs to no subgraph: tests of the platform have it to themselves. */
export const testServices: readonly string[] = [...subgraphNames, 'sandbox'];

/** Files run side by side, each with pools of its own. */
const maxConnections = 300;

const log = { info: () => undefined, warn: console.warn, error: console.error };

/** Vitest's global setup: one server for the whole run, in a home that is thrown away, without fsync. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), 'tollgate-test-'));
  await chmod(home, 0o755);
  const server = await startEmbeddedDatabase({ home, services: testServices, log, fsync: false, maxConnections });
  project.provide('testServer', {
    superuserUrl: server.superuserUrl,
    urls: Object.fromEntries(testServices.map((service) => [service, server.urls(service)])),
  });
  return async () => {
    await server.stop();
    await rm(home, { recursive: true, force: true });
  };
}
