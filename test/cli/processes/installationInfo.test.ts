import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../cli/environment.js';
import { infoTable } from '../../../cli/processes/infoTable.js';
import { installationInfo, isAllReady } from '../../../cli/processes/installationInfo.js';
import { recordProcess } from '../../../cli/processes/processRecord.js';
import type { ServiceName } from '../../../platform/kernel/services.js';
import { lockService } from '../../../platform/server/runDirectory.js';
import { makeHome } from '../../support/program.js';

const STARTED_AT = '2026-01-02T03:04:05.000Z';
const LATER = new Date('2026-01-02T03:05:35.900Z');

let home: string;
let remove: () => Promise<void>;
let forget: () => Promise<void>;
const servers: Server[] = [];
beforeEach(async () => {
  ({ home, remove } = await makeHome());
});
afterEach(async () => {
  await forget();
  for (const server of servers.splice(0)) server.close();
  await remove();
});

/** Answers of services that say so on the home as real ones do. @returns their ports */
async function serve(answers: Partial<Record<ServiceName, Record<string, [number, object]>>>) {
  forget = await recordProcess(home, {
    startedAt: STARTED_AT,
    version: '1.2.3',
    runs: Object.keys(answers),
    configuration: null,
    logFile: null,
  });
  const ports: Record<string, number> = {};
  for (const [service, pages] of Object.entries(answers)) {
    const server = createServer((request, response) => {
      const [status, body] = pages[request.url ?? ''] ?? [404, {}];
      response.writeHead(status).end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    ports[service] = port;
    const lock = await lockService(home, service as ServiceName);
    await lock.announce(`http://127.0.0.1:${port}`);
  }
  return ports;
}

const look = (variables: Record<string, string> = {}, now = LATER) =>
  installationInfo(home, {
    now,
    environmentOf: async () => readEnvironment({ TOLLGATE_HOME: home, ...variables }, 0),
  });
const ready = (more: object = {}): Record<string, [number, object]> => ({
  '/health/ready': [200, { status: 'ready', ...more }],
});

describe('what is told of a service', () => {
  it('its own port, version, process and uptime', async () => {
    const ports = await serve({ identity: ready({ peers: {} }), accounting: ready({ peers: { identity: 'down' } }) });
    const { services } = await look();
    expect(services).toHaveLength(2);
    for (const { name, url, port, pid, version, uptimeSeconds } of services) {
      expect({ port, url }).toEqual({ port: ports[name], url: `http://127.0.0.1:${ports[name]}` });
      expect({ pid, version, uptimeSeconds }).toEqual({ pid: process.pid, version: '1.2.3', uptimeSeconds: 90 });
    }
    expect((await look({}, new Date('2026-01-02T03:05:36.000Z'))).services[0]?.uptimeSeconds).toBe(91);
    const peersBy = Object.fromEntries(services.map(({ name, peers }) => [name, peers]));
    expect(peersBy).toEqual({ identity: {}, accounting: { identity: 'down' } });
    expect(infoTable(await look())).toMatch(/^accounting +\d+ +\d+ +90 s +embedded +ready, identity down$/m);
  });

  it('that it is not ready, with its reason', async () => {
    await serve({
      identity: ready(),
      accounting: { '/health/ready': [503, { status: 'not ready', reason: 'identity has not answered yet' }] },
    });
    const info = await look();
    expect(info.services.map(({ name, health }) => [name, health])).toEqual([
      ['identity', 'ready'],
      ['accounting', 'not ready: identity has not answered yet'],
    ]);
    expect(isAllReady(info)).toBe(false);
    expect(infoTable(info)).toMatch(/accounting .* not ready: identity has not answered yet/);
  });

  it('that it does not answer, and that all is ready where each is', async () => {
    await serve({ identity: ready() });
    expect(isAllReady(await look())).toBe(true);
    const server = servers.splice(0)[0];
    server?.closeAllConnections();
    server?.close();
    const info = await look();
    expect(info.services[0]?.health).toBe('no answer');
    expect(isAllReady(info)).toBe(false);
  });

  it('where its database is, without the password, the user and the parameters', async () => {
    await serve({ identity: ready(), accounting: ready(), gateway: ready() });
    const url = 'postgresql://accounting_app:hunter2@db.example.org:6432/ledger?sslmode=verify-full&password=hunter3';
    const info = await look({ ACCOUNTING_DATABASE_URL: url, ACCOUNTING_MIGRATION_URL: url.replace('_app', '_owner') });
    expect(info.services.map(({ name, database }) => [name, database])).toEqual([
      ['identity', 'embedded'],
      ['accounting', 'db.example.org:6432/ledger'],
      ['gateway', null],
    ]);
    for (const told of [JSON.stringify(info), infoTable(info)]) expect(told).not.toMatch(/hunter|accounting_app/);
  });

  it('that its database is not known where its configuration is wrong by now', async () => {
    await serve({ identity: ready() });
    const { services } = await installationInfo(home, { now: LATER, environmentOf: async () => null });
    expect(services[0]).toMatchObject({ health: 'ready', database: 'unknown' });
  });

  it.each([
    [200, true],
    [404, false],
  ])('whether the gateway serves GraphiQL (%i)', async (status, isServed) => {
    const { gateway } = await serve({
      gateway: { ...ready({ peers: {} }), '/graphiql': [status, {}] },
      identity: ready(),
    });
    const info = await look();
    expect(Object.fromEntries(info.services.map(({ name, graphiql }) => [name, graphiql]))).toEqual({
      gateway: isServed,
      identity: null,
    });
    expect(infoTable(info)).toContain(`GraphiQL    ${isServed ? `http://127.0.0.1:${gateway}/graphiql` : 'off'}\n`);
  });
});

describe('what is told of the controller', () => {
  const say = async (saying: object): Promise<void> => {
    await mkdir(join(home, 'run'), { recursive: true });
    await writeFile(join(home, 'run', 'controller.json'), JSON.stringify(saying));
  };

  it('nothing where no process runs one', async () => {
    await serve({ identity: ready() });
    expect((await look()).controller).toBeNull();
  });

  it('that it is being started until it says more, whatever one before it has left', async () => {
    forget = await recordProcess(home, {
      startedAt: STARTED_AT,
      version: '1.2.3',
      runs: ['controller'],
      configuration: null,
      logFile: null,
    });
    const starting = { pid: null, uptimeSeconds: null, gateway: null, health: 'starting' };
    expect((await look()).controller).toEqual(starting);
    await say({ pid: process.pid, mark: '1', startedAt: STARTED_AT, gateway: null, isReached: true, reason: null });
    const info = await look();
    expect(info.controller).toEqual(starting);
    expect(isAllReady(info)).toBe(false);
    expect(infoTable(info)).toMatch(/^controller +- +- +- +- +starting$/m);
  });
});
