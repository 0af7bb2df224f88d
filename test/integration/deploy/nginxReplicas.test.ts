import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makePrivateAuthority, type PrivateAuthority } from '../../support/privateAuthority.js';
import { freePort } from '../../support/program.js';
import { type Balancer, type PublicPorts, startBalancer } from '../replicas/balancer.js';
import { machines, servicePlaces } from '../replicas/serviceFolders.js';
import { certificate, makeAuthority } from '../support/certificates.js';

const behind = { tollgate: 'gateway', files: 'storage', usage: 'accounting' } as const;

let folder: string;
let authority: PrivateAuthority;
let balancer: Balancer;
let publicPorts: PublicPorts;
let ca: string;
const servers: Server[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-nginx-'));
  await chmod(folder, 0o755);
  authority = await makePrivateAuthority();
  const places = await servicePlaces();
  for (const service of Object.values(behind)) {
    const files = await authority.issue(service);
    const pair = { cert: await readFile(files.certificateFile), key: await readFile(files.keyFile) };
    for (const machine of machines) {
      // Says what it was told of the client.
      const server = createServer(pair, ({ headers }, answer) =>
        answer.end(JSON.stringify({ service, forwardedFor: headers['x-forwarded-for'] })),
      ).listen(places[service].port, places[service].host[machine]);
      await once(server, 'listening');
      servers.push(server);
    }
  }
  publicPorts = { tollgate: await freePort(), files: await freePort(), usage: await freePort() };
  const outside = await makeAuthority(join(folder, 'ca'));
  const pair = await certificate(outside, join(folder, 'server'), 'valid');
  ca = await readFile(outside.certificateFile, 'utf8');
  const dispatcher = new Agent({ connect: { ca } });
  const authorityFile = join(authority.folder, 'ca.pem');
  balancer = await startBalancer({ folder, places, publicPorts, pair, authorityFile, dispatcher });
  await dispatcher.close();
});
afterAll(async () => {
  await balancer?.stop();
  for (const server of servers) server.close();
  await authority.remove();
  await rm(folder, { recursive: true, force: true });
});

it.each(Object.entries(behind))(
  'at the name %s, replicas of %s hear the address of the connection, not what the client writes into X-Forwarded-For',
  async (name, service) => {
    const client = new Agent({ connect: { ca }, localAddress: '127.0.0.2' });
    const { body } = await request(`https://localhost:${publicPorts[name as keyof PublicPorts]}/`, {
      dispatcher: client,
      headers: { 'x-forwarded-for': '203.0.113.9' },
    });
    expect(await body.json()).toEqual({ service, forwardedFor: '127.0.0.2' });
    await client.close();
  },
);
