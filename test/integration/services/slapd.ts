import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Attribute, Change, Client } from 'ldapts';
import { freePort } from '../../../platform/database/embedded/freePort.js';
import { certificate, type KeyPair, makeAuthority } from '../support/certificates.js';

const run = promisify(execFile);
const START_MS_MAX = 30_000;
const POLL_MS = 20;

/** The tree's names. */
export const tree = {
  base: 'dc=example,dc=org',
  people: 'ou=people,dc=example,dc=org',
  admin: { dn: 'cn=admin,dc=example,dc=org', password: 'adminpw' },
  reader: { dn: 'cn=reader,dc=example,dc=org', password: 'readerpw' },
  personOf: (uid: string): string => `uid=${uid},ou=people,dc=example,dc=org`,
  groupOf: (cn: string): string => `cn=${cn},ou=groups,dc=example,dc=org`,
};

/** Debian's OpenLDAP on loopback, with a tree of its own and the log of what it was asked. */
export interface Slapd {
  readonly ldap: string;
  readonly ldaps: string;
  /** The file with the certificate of the authority that signed the server's. */
  readonly caFile: string;
  /** The server's own key and certificate, as files. */
  readonly keyPair: KeyPair;
  /** Adds an entry. */
  add(dn: string, attributes: Record<string, string | string[]>): Promise<void>;
  /** Adds a person below ou=people, with the password `<uid>-password`. */
  addPerson(uid: string, more?: Record<string, string | string[]>): Promise<string>;
  /** Adds to or takes from an attribute's values. */
  change(dn: string, operation: 'add' | 'delete' | 'replace', attribute: string, values: string[]): Promise<void>;
  rename(dn: string, newRdn: string): Promise<void>;
  remove(dn: string): Promise<void>;
  /** What the server logged of operations since it started first. */
  log(): Promise<string>;
  /** Ends the server; `resume` starts it again on the same data and ports. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** How one server differs. */
interface SlapdOptions {
  /** The server's certificate: right, for another name, or over since yesterday. */
  readonly certificate?: 'valid' | 'otherName' | 'expired';
  /** Whether it can do TLS at all. */
  readonly tls?: boolean;
  /** Overlays of the server's, for example ppolicy. */
  readonly modules?: readonly string[];
  /** More lines of slapd.conf, in the database's section. */
  readonly configuration?: string;
}

/** Starts one in a folder that is thrown away. */
export async function startSlapd(options: SlapdOptions = {}): Promise<Slapd> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-slapd-'));
  const authority = await makeAuthority(join(folder, 'ca'));
  const server = await certificate(authority, join(folder, 'server'), options.certificate ?? 'valid');
  const ports = { ldap: await freePort(null), ldaps: await freePort(null) };
  const urls = { ldap: `ldap://127.0.0.1:${ports.ldap}`, ldaps: `ldaps://127.0.0.1:${ports.ldaps}` };
  const logFile = join(folder, 'slapd.log');
  const user = await serverUser();
  await mkdir(join(folder, 'db'));
  await writeFile(join(folder, 'slapd.conf'), await configurationOf(folder, server, options));
  await writeFile(join(folder, 'seed.ldif'), await seed());
  await run('chown', ['-R', user === undefined ? String(process.getuid?.()) : `${user.uid}:${user.gid}`, folder]);
  await run('/usr/sbin/slapadd', ['-q', '-f', 'slapd.conf', '-l', 'seed.ldif'], { cwd: folder, ...user });

  let ended: Promise<unknown> = Promise.resolve();
  let end = (): void => {};
  const start = async (): Promise<void> => {
    const listeners = options.tls === false ? urls.ldap : `${urls.ldap} ${urls.ldaps}`;
    const child = spawn(
      '/bin/sh',
      ['-c', `exec /usr/sbin/slapd -d 256 -f slapd.conf -h "$1" 2>>slapd.log`, 'sh', listeners],
      {
        cwd: folder,
        stdio: 'ignore',
        ...user,
      },
    );
    ended = once(child, 'exit');
    end = () => void child.kill('SIGTERM');
    await untilListening(ports.ldap).catch(async (error: unknown) => {
      end();
      await ended;
      throw error;
    });
  };
  await start();

  const asAdmin = async <Value>(work: (client: Client) => Promise<Value>): Promise<Value> => {
    const client = new Client({ url: urls.ldap });
    await client.bind(tree.admin.dn, tree.admin.password);
    try {
      return await work(client);
    } finally {
      await client.unbind();
    }
  };
  const self: Slapd = {
    ...urls,
    caFile: authority.certificateFile,
    keyPair: server,
    add: (dn, attributes) => asAdmin((client) => client.add(dn, attributes)),
    async addPerson(uid, more = {}) {
      const dn = tree.personOf(uid);
      await self.add(dn, {
        objectClass: ['inetOrgPerson'],
        uid,
        cn: `${uid} Example`,
        sn: 'Example',
        mail: `${uid}@example.org`,
        userPassword: await hashed(`${uid}-password`),
        ...more,
      });
      return dn;
    },
    change: (dn, operation, type, values) =>
      asAdmin((client) => client.modify(dn, new Change({ operation, modification: new Attribute({ type, values }) }))),
    rename: (dn, newRdn) => asAdmin((client) => client.modifyDN(dn, newRdn)),
    remove: (dn) => asAdmin((client) => client.del(dn)),
    log: () => readFile(logFile, 'utf8'),
    async pause() {
      end();
      await ended;
    },
    resume: start,
    async stop() {
      await self.pause();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return self;
}

/** Debian's user for it where we are root; slapd itself refuses nobody, but its data is not root's. */
async function serverUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = async (flag: string): Promise<number> => Number((await run('id', [flag, 'openldap'])).stdout);
  return { uid: await idOf('-u'), gid: await idOf('-g') };
}

async function untilListening(port: number): Promise<void> {
  for (const until = Date.now() + START_MS_MAX; ; ) {
    const socket = net.connect(port, '127.0.0.1');
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (connected) return;
    if (Date.now() > until) throw new Error('slapd does not listen');
    await sleep(POLL_MS);
  }
}

const hashed = async (password: string): Promise<string> =>
  (await run('/usr/sbin/slappasswd', ['-s', password, '-h', '{SSHA}'])).stdout.trim();

async function configurationOf(
  folder: string,
  server: { readonly keyFile: string; readonly certificateFile: string },
  { tls = true, modules = [], configuration = '' }: SlapdOptions,
): Promise<string> {
  const schemas = ['core', 'cosine', 'inetorgperson', 'nis'];
  return `
${schemas.map((name) => `include /etc/ldap/schema/${name}.schema`).join('\n')}
modulepath /usr/lib/ldap
${['back_mdb', ...modules].map((name) => `moduleload ${name}`).join('\n')}
pidfile ${folder}/slapd.pid
argsfile ${folder}/slapd.args
${tls ? `TLSCertificateFile ${server.certificateFile}\nTLSCertificateKeyFile ${server.keyFile}` : ''}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${tree.reader.dn}" read by self read by * none
database mdb
maxsize 67108864
suffix ${tree.base}
rootdn ${tree.admin.dn}
rootpw ${await hashed(tree.admin.password)}
directory ${folder}/db
index objectClass,uid,cn,member,memberUid,entryUUID eq
${configuration}
`;
}

const seed = async (): Promise<string> => `
dn: ${tree.base}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ${tree.people}
objectClass: organizationalUnit
ou: people

dn: ou=groups,${tree.base}
objectClass: organizationalUnit
ou: groups

dn: ${tree.reader.dn}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: ${await hashed(tree.reader.password)}
`;
