import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { connect } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadServiceKeys, type ServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { type Fault, unavailable } from '../../../platform/kernel/faults.js';
import type { ServiceName } from '../../../platform/kernel/services.js';
import { type SignedRequest, signedRequest } from '../../../platform/peers/signedRequest.js';
import { drain, listen, makeHttpServer } from '../../../platform/server/httpServer.js';
import type { ServiceSettings } from '../../../platform/server/settings.js';
import { verifyCaller } from '../../../platform/server/subgraph.js';
import type { CertificateFiles } from '../../../platform/tls/certificateFiles.js';
import { openServiceTls, type ServiceTls } from '../../../platform/tls/serviceTls.js';
import { makePrivateAuthority, type PrivateAuthority } from '../../support/privateAuthority.js';

const readText = (file: string): Promise<string> => readFile(file, 'utf8');

/** Calls with any certificate, or none. */
const clientOnly = (agent: Agent, caFile: string): ServiceTls => ({
  files: { certificateFile: '', keyFile: '', caFile },
  serve: () => {
    throw new Error('it serves nothing');
  },
  dispatcherOf: () => agent,
  isTrusted: () => true,
  look: async () => undefined,
  close: () => agent.close(),
});

async function serialNumberAt(origin: string, caFile: string): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(origin).port), ca: await readText(caFile) });
  await once(socket, 'secureConnect');
  const serialNumber = socket.getPeerX509Certificate()?.serialNumber;
  socket.destroy();
  return serialNumber;
}

describe('TLS between services', () => {
  let authority: PrivateAuthority;
  let identity: ServiceKeys;
  let app: FastifyInstance;
  let url: string;
  const told: string[] = [];
  const opened: ServiceTls[] = [];
  const tell = (sentence: string): void => void told.push(sentence);

  const open = async (service: ServiceName, files: CertificateFiles): Promise<ServiceTls> => {
    const tls = await openServiceTls({ files, rules: { service, hosts: [] }, tell });
    opened.push(tls);
    return tls;
  };
  /** A service with the keys of its own and, unless told, a certificate of its own. */
  const keysOf = async (service: ServiceName, files?: CertificateFiles | null): Promise<ServiceKeys> => ({
    ...(await loadServiceKeys(authority.folder, service)),
    ...(files === null ? {} : { tls: await open(service, files ?? (await authority.issue(service))) }),
    tell,
  });

  beforeAll(async () => {
    authority = await makePrivateAuthority();
    identity = await keysOf('identity');
    app = makeHttpServer(1_000, { tls: identity.tls });
    const settings: ServiceSettings & { readonly service: 'identity' } = {
      service: 'identity',
      home: authority.folder,
      host: '127.0.0.1',
      port: 0,
      issuer: 'https://issuer.example',
      database: { ownerUrl: '', appUrl: '' },
      peerUrl: async (target) => Promise.reject(unavailable(target)),
      keys: identity,
      variables: {},
    };
    app.post('/graphql', async (received, reply) => {
      try {
        return { caller: (await verifyCaller(received, settings)).caller };
      } catch (error) {
        return reply.status(401).send({ code: (error as Fault).code });
      }
    });
    app.get('/data', async () => ({ open: true }));
    url = await listen(app, '127.0.0.1', 0, 'X_PORT');
  });
  afterAll(async () => {
    await drain(app);
    await Promise.all(opened.map((tls) => tls.close()));
    await authority.remove();
  });
  beforeEach(() => void told.splice(0));

  const call = (keys: ServiceKeys, origin: SignedRequest['origin'] = url) =>
    signedRequest({
      keys,
      target: 'identity',
      origin,
      method: 'POST',
      path: '/graphql',
      body: Buffer.from('{}'),
      token: null,
      headers: {},
      requestId: randomUUID(),
      clientIp: '',
      userAgent: '',
      signal: AbortSignal.timeout(10_000),
    });
  const answerTo = async (keys: ServiceKeys) => JSON.parse((await call(keys)).body.toString('utf8')) as unknown;

  it('has an address with https, and takes a call with the assertion and the certificate of one service', async () => {
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(await answerTo(await keysOf('gateway'))).toEqual({ caller: 'gateway' });
    expect(told).toEqual([]);
  });

  it("refuses a service's assertion on another service's connection, and says so", async () => {
    const access = await keysOf('access');
    const gateway = await keysOf('gateway', null);
    const mixed = { ...gateway, ...(access.tls === undefined ? {} : { tls: access.tls }) };
    expect(await answerTo(mixed)).toEqual({ code: 'ASSERTION_INVALID' });
    expect(told).toEqual(['A call in the name of gateway is refused: its certificate is that of access.']);
  });

  it('refuses a call without a certificate, with one of another authority, with one of no service, and with one that has expired', async () => {
    const gateway = await keysOf('gateway', null);
    const ca = (await authority.issue('gateway')).caFile;
    const trusted = await readText(ca);
    const others = await makePrivateAuthority();
    const secondBefore = new Date(Date.now() - 1_000);
    for (const [issue, why] of [
      [async () => null, 'it came without a certificate'],
      [() => others.issue('gateway'), /its certificate is not taken \((UNABLE|DEPTH|SELF)_\w+\)/],
      [() => authority.issue('gateway', { of: null }), 'its certificate is that of no service'],
      [() => authority.issue('gateway', { validTo: secondBefore }), 'its certificate has expired'],
    ] as const) {
      const files = await issue();
      const shown =
        files === null ? {} : { cert: await readText(files.certificateFile), key: await readText(files.keyFile) };
      const agent = new Agent({ connect: { ca: trusted, ...shown } });
      const tls = clientOnly(agent, ca);
      told.splice(0);
      expect(await answerTo({ ...gateway, tls })).toEqual({ code: 'ASSERTION_INVALID' });
      expect(told).toEqual([expect.stringMatching(why)]);
      await agent.close();
    }
    await others.remove();
  });

  it('keeps what browsers and controllers ask for open to clients without a certificate', async () => {
    const ca = await readText((await authority.issue('gateway')).caFile);
    const agent = new Agent({ connect: { ca } });
    const { statusCode, body } = await request(`${url}/data`, { dispatcher: agent });
    expect([statusCode, await body.json()]).toEqual([200, { open: true }]);
    await agent.close();
  });

  it('calls no peer that another service answers for, or that another authority signed', async () => {
    const gateway = await keysOf('gateway');
    const served = async (files: CertificateFiles, service: ServiceName) => {
      const server = makeHttpServer(1_000, { tls: await open(service, files) });
      return { server, origin: await listen(server, '127.0.0.1', 0, 'X_PORT') };
    };
    const others = await makePrivateAuthority();
    const cases = [
      {
        ...(await served(await authority.issue('access'), 'access')),
        why: /^What answers at https:\S+ is not identity by its certificate; correct IDENTITY_URL\.$/,
      },
      {
        ...(await served(await others.issue('identity'), 'identity')),
        why: /^The certificate of identity at \S+ is not signed by an authority in \S+ca\.pem; use/,
      },
    ];
    for (const { server, origin, why } of cases) {
      told.splice(0);
      await expect(call(gateway, origin)).rejects.toThrow(why);
      expect(told).toEqual([expect.stringMatching(why)]);
      await drain(server);
    }
    await others.remove();
  });

  it('says of a peer that it has expired, is not good yet, or does not speak TLS', async () => {
    const gateway = await keysOf('gateway');
    const hour = 3_600_000;
    for (const [odd, why] of [
      [
        { validTo: new Date(Date.now() - hour) },
        /^The certificate of identity at \S+ has expired by this machine's clock; renew it .*, or set the clock\.$/,
      ],
      [
        { validFrom: new Date(Date.now() + hour) },
        /^The certificate of identity at \S+ is not good yet by this machine's clock; set the clock that is wrong\.$/,
      ],
    ] as const) {
      const files = await authority.issue('identity', odd);
      const server = createTlsServer({
        cert: await readText(files.certificateFile),
        key: await readText(files.keyFile),
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      await expect(call(gateway, `https://127.0.0.1:${(server.address() as AddressInfo).port}`)).rejects.toThrow(why);
      server.close();
    }
    const plain = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const origin = `https://127.0.0.1:${(plain.address() as AddressInfo).port}`;
    await expect(call(gateway, origin)).rejects.toThrow(
      `What answers at ${origin} does not speak TLS; give identity a certificate there, or correct IDENTITY_URL.`,
    );
    plain.close();
  });

  it('calls another replica, whatever the call does, where one takes the connection and says nothing', async () => {
    const gateway = await keysOf('gateway');
    const silent = createTcpServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const origins = [`https://127.0.0.1:${(silent.address() as AddressInfo).port}`];
    const { status } = await call(gateway, async () => origins.pop() ?? url);
    expect([status, origins]).toEqual([200, []]);
    silent.close();
  });

  it('sends nothing in the clear beyond loopback', async () => {
    await expect(call(await keysOf('gateway'), 'http://192.0.2.1:4001')).rejects.toThrow(
      'identity at http://192.0.2.1:4001 is beyond loopback, where calls need TLS; correct IDENTITY_URL.',
    );
  });

  it('takes certificates anew when the files change, and keeps the old ones where the new are no good', async () => {
    const files = await authority.issue('storage');
    const tls = await open('storage', files);
    const server = makeHttpServer(1_000, { tls });
    server.get('/', async () => 'here');
    const origin = await listen(server, '127.0.0.1', 0, 'X_PORT');
    const serialOf = () => serialNumberAt(origin, files.caFile);
    const first = await serialOf();
    await authority.issue('storage', { validTo: new Date(Date.now() - 1_000) });
    await tls.look();
    expect(told).toEqual([]);
    await tls.look();
    expect(told).toEqual([
      expect.stringMatching(/storage\.pem ended at .* The certificate from before stays in use\.$/),
    ]);
    // Said once.
    await tls.look();
    expect(told).toHaveLength(1);
    expect(await serialOf()).toBe(first);
    await authority.issue('storage');
    await tls.look();
    expect(await serialOf()).not.toBe(first);
    await drain(server);
  });

  it('takes a new certificate by itself while it serves', async () => {
    const files = await authority.issue('compute');
    const tls = await openServiceTls({ files, rules: { service: 'compute', hosts: [] }, tell, lookEveryMs: 20 });
    opened.push(tls);
    const server = makeHttpServer(1_000, { tls });
    const origin = await listen(server, '127.0.0.1', 0, 'X_PORT');
    const first = await serialNumberAt(origin, files.caFile);
    await authority.issue('compute');
    await expect.poll(() => serialNumberAt(origin, files.caFile), { timeout: 30_000 }).not.toBe(first);
    await drain(server);
  });

  it('takes no call on a connection that stands from before its authority was dropped', async () => {
    const own = await makePrivateAuthority();
    const files = await own.issue('identity');
    const tls = await open('identity', files);
    const callers = new Map<ServiceName, ServiceKeys>();
    const keys = { ...identity, tls };
    const settings = { service: 'identity', keys } as ServiceSettings & { readonly service: 'identity' };
    const server = makeHttpServer(1_000, { tls });
    server.post('/graphql', async (received, reply) => {
      try {
        return { caller: (await verifyCaller(received, settings)).caller };
      } catch (error) {
        return reply.status(401).send({ code: (error as Fault).code });
      }
    });
    let connections = 0;
    server.server.on('secureConnection', () => {
      connections += 1;
    });
    const origin = await listen(server, '127.0.0.1', 0, 'X_PORT');
    for (const name of ['gateway', 'access'] as const) callers.set(name, await keysOf(name, await own.issue(name)));
    const ask = async (name: ServiceName) => {
      const caller = callers.get(name);
      if (caller === undefined) throw new Error(`no keys of ${name}`);
      return JSON.parse((await call(caller, origin)).body.toString('utf8')) as unknown;
    };
    expect([await ask('gateway'), await ask('access')]).toEqual([{ caller: 'gateway' }, { caller: 'access' }]);

    // Another comes: what both have signed is taken, on connections that stand and on new ones.
    const other = await makePrivateAuthority();
    const next = await other.issue('identity');
    const before = await readText(files.caFile);
    await writeFile(files.caFile, before + (await readText(next.caFile)));
    await tls.look();
    expect(await ask('gateway')).toEqual({ caller: 'gateway' });
    expect(connections).toBe(2);

    // The one before goes.
    await writeFile(files.caFile, await readText(next.caFile));
    for (const file of ['certificateFile', 'keyFile'] as const)
      await writeFile(files[file], await readText(next[file]));
    await tls.look();
    expect(told).toEqual([]);
    expect(await ask('gateway')).toEqual({ code: 'ASSERTION_INVALID' });
    expect(connections).toBe(2);
    expect(told).toEqual(['A call that is for services alone is refused: its authority is not trusted any more.']);
    await drain(server);
    await Promise.all([own.remove(), other.remove()]);
  });

  /** A server, and a connection to it that it has taken, over which no TLS begins. */
  async function withSilentConnection(tls: ServiceTls) {
    const server = makeHttpServer(1_000, { tls });
    const taken = once(server.server, 'connection');
    const origin = await listen(server, '127.0.0.1', 0, 'X_PORT');
    const silent = connectTcp(Number(new URL(origin).port), '127.0.0.1').resume();
    const closed = once(silent, 'close');
    await taken;
    return { server, closed };
  }
  // Below Node's own time for a handshake.
  const belowTwoMinutes = 90_000;

  it('stops although a connection never began its handshake', { timeout: belowTwoMinutes }, async () => {
    const files = await authority.issue('storage');
    const [cert, key] = await Promise.all([readText(files.certificateFile), readText(files.keyFile)]);
    const patient = {
      ...(await open('storage', files)),
      serve: (handler: RequestListener) => createTlsServer({ cert, key }, handler),
    };
    const { server, closed } = await withSilentConnection(patient);
    await drain(server);
    await closed;
  });

  it('closes a connection that does not begin its handshake', { timeout: belowTwoMinutes }, async () => {
    const { server, closed } = await withSilentConnection(await open('storage', await authority.issue('storage')));
    await closed;
    await drain(server);
  });

  it('warns a month before the end', async () => {
    const inTenDays = new Date(Date.now() + 240 * 3_600_000);
    await open('compute', await authority.issue('compute', { validTo: inTenDays }));
    expect(told).toEqual([expect.stringMatching(/compute\.pem, or its authority, ends at \S+Z; renew it by then\.$/)]);
  });
});
