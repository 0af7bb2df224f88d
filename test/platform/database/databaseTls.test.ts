import { once } from 'node:events';
import { chmod, chown, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CertificateWish } from '../../../cli/init/authority.js';
import { DatabaseStartError } from '../../../platform/database/databaseStartError.js';
import { serverUser } from '../../../platform/database/embedded/serverUser.js';
import { prismaAdapter } from '../../../platform/database/prismaAdapter.js';
import { type EmbeddedDatabase, startEmbeddedDatabase } from '../../../platform/database/startEmbeddedDatabase.js';
import { prepareDatabase } from '../../../platform/server/prepareDatabase.js';
import { startWorker } from '../../../platform/work/startWorker.js';
import { PrismaClient } from '../../../subgraphs/accounting/generated/prisma/client.js';
import { makePrivateAuthority, type PrivateAuthority } from '../../support/privateAuthority.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const HOUR_MS = 3_600_000;

/** A real PostgreSQL server that is switched to TLS. */
describe('a database over TLS', () => {
  let authority: PrivateAuthority;
  let home: string;
  let server: EmbeddedDatabase;
  let caFile: string;

  beforeAll(async () => {
    authority = await makePrivateAuthority();
    home = await mkdtemp(join(tmpdir(), 'tollgate-test-'));
    await chmod(home, 0o755);
    server = await startEmbeddedDatabase({ home, services: ['accounting'], log, fsync: false });
    ({ caFile } = await authority.issue('identity'));
  });
  afterAll(async () => {
    await server.stop();
    await rm(home, { recursive: true, force: true });
    await authority.remove();
  });

  const asSuperuser = async (...statements: string[]): Promise<void> => {
    const client = new pg.Client({ connectionString: server.superuserUrl });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };
  /** Has the server take a certificate; connections from now on get it. */
  const serveWith = async (odd: Partial<CertificateWish>, from = authority): Promise<void> => {
    const { certificateFile, keyFile } = await from.issue('gateway', { of: null, ...odd });
    const user = await serverUser();
    const [cert, key] = [join(home, 'server.pem'), join(home, 'server.key')];
    for (const [source, target] of [
      [certificateFile, cert],
      [keyFile, key],
    ] as const) {
      await copyFile(source, target);
      await chmod(target, 0o600);
      if (user !== undefined) await chown(target, user.uid, user.gid);
    }
    await asSuperuser(
      `alter system set ssl_cert_file = '${cert}'`,
      `alter system set ssl_key_file = '${key}'`,
      'alter system set ssl = on',
      'select pg_reload_conf()',
    );
    // The server hears of it by a signal.
    await expect.poll(subjectOf, { timeout: 30_000 }).toBe(odd.commonName ?? 'gateway');
  };
  /** Whose certificate the server shows now, as PostgreSQL's protocol begins TLS; none where it has none. */
  const subjectOf = async (): Promise<string> => {
    const plain = connect(server.port, '127.0.0.1');
    plain.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
    const [answer] = (await once(plain, 'data')) as [Buffer];
    if (answer.toString() !== 'S') {
      plain.destroy();
      return 'none';
    }
    const socket = connectTls({ socket: plain, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return String(subject.CN);
  };
  const urls = (caPath = caFile) => {
    const verified = (url: string): string => `${url}?sslmode=verify-full&sslrootcert=${caPath}`;
    const { ownerUrl, appUrl } = server.urls('accounting');
    return { ownerUrl: verified(ownerUrl), appUrl: verified(appUrl) };
  };

  it('is migrated, served and worked on over encrypted connections alone, verified by its authority and host', async () => {
    await serveWith({ names: ['127.0.0.1'], commonName: 'good' });
    await prepareDatabase('accounting', urls());
    const worker = await startWorker({ url: urls().appUrl, tasks: {}, log });
    const prisma = new PrismaClient({ adapter: prismaAdapter(urls().appUrl, { poolSize: 1 }) });
    await prisma.$queryRaw`select 1`;
    const client = new pg.Client({ connectionString: server.superuserUrl });
    await client.connect();
    const { rows } = await client.query<{ ssl: boolean }>(
      "select distinct ssl from pg_stat_ssl join pg_stat_activity using (pid) where usename = 'accounting_app'",
    );
    expect(rows).toEqual([{ ssl: true }]);
    await client.end();
    await prisma.$disconnect();
    await worker.stop();
  });

  it.each<[string, Partial<CertificateWish>, RegExp]>([
    [
      'has expired',
      { validTo: new Date(Date.now() - HOUR_MS) },
      /^The certificate of the database server at 127\.0\.0\.1:\d+ \(tollgate_accounting\) has expired by this machine's clock; renew it there, or set the clock\.$/,
    ],
    [
      'is not good yet',
      { validFrom: new Date(Date.now() + HOUR_MS) },
      /is not good yet by this machine's clock; set the clock that is wrong\.$/,
    ],
    [
      'is for another host',
      { names: ['db.example.org'] },
      /does not name 127\.0\.0\.1; write the name that it has into the address, or make one with this name\.$/,
    ],
  ])('is not used where its certificate %s', async (what, odd, sentence) => {
    await serveWith({ commonName: what, ...odd });
    const refusal = await prepareDatabase('accounting', urls()).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DatabaseStartError);
    expect((refusal as Error).message).toMatch(sentence);
  });

  it('is not used where another authority signed its certificate', async () => {
    const others = await makePrivateAuthority();
    await serveWith({ commonName: 'another' }, others);
    await expect(prepareDatabase('accounting', urls())).rejects.toThrow(
      /is not signed by an authority that is trusted; name the authority's file in the address \(sslrootcert=/,
    );
    await others.remove();
  });

  it('is not used where it does not speak TLS', async () => {
    await asSuperuser('alter system set ssl = off', 'select pg_reload_conf()');
    await expect.poll(subjectOf, { timeout: 30_000 }).toBe('none');
    await expect(prepareDatabase('accounting', urls())).rejects.toThrow(
      'The database server at 127.0.0.1 does not speak TLS; switch it on there (ssl = on).',
    );
  });

  it('is not used where the file of its authority is not there', async () => {
    await expect(prepareDatabase('accounting', urls('/nowhere/ca.pem'))).rejects.toThrow(
      "The address of accounting's database names /nowhere/ca.pem as sslrootcert, which is not there; correct the path, or copy it there.",
    );
  });
});
