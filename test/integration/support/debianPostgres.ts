import type { TestProject } from 'vitest/node';
import { testServices } from '../../support/globalDatabase.js';
import installDebianPackages from './debianPackages.js';
import { startDebianPostgres } from './startDebianPostgres.js';

const CONNECTIONS_MAX = 300;

/** Vitest's global setup: Debian's own PostgreSQL for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  installDebianPackages();
  const server = await startDebianPostgres({ services: testServices, connectionsMax: CONNECTIONS_MAX });
  process.stdout.write(`On Debian's PostgreSQL in ${server.programs}\n`);
  project.provide('testServer', {
    superuserUrl: server.superuserUrl,
    urls: Object.fromEntries(testServices.map((service) => [service, server.urls(service)])),
  });
  return () => server.stop();
}
