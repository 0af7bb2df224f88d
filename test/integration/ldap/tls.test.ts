import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../platform/database/embedded/freePort.js';
import { conversations } from '../../../subgraphs/identity/adapters/directory/conversation.js';
import { ldapDirectory } from '../../../subgraphs/identity/adapters/directory/ldapDirectory.js';
import { readIdentityConfig } from '../../../subgraphs/identity/config.js';
import { DirectoryUnavailable } from '../../../subgraphs/identity/usecases/ports/directory.js';
import { type Slapd, startSlapd, tree } from '../services/slapd.js';
import { type Variables, variables } from './support.js';

let right: Slapd;
let expired: Slapd;
let otherName: Slapd;
let withoutTls: Slapd;

beforeAll(async () => {
  right = await startSlapd();
  expired = await startSlapd({ certificate: 'expired' });
  otherName = await startSlapd({ certificate: 'otherName' });
  withoutTls = await startSlapd({ tls: false });
  for (const slapd of [right, expired, otherName, withoutTls]) await slapd.addPerson('alice');
});
afterAll(async () => {
  for (const slapd of [right, expired, otherName, withoutTls]) await slapd.stop();
});

function ask(slapd: Slapd, more: Variables) {
  const { directory } = readIdentityConfig(variables(slapd, more));
  if (directory === null) throw new Error('no directory');
  return ldapDirectory(directory).authenticate('alice', 'alice-password');
}
const refusedBy = async (slapd: Slapd, more: Variables) => {
  const before = (await slapd.log()).length;
  const error = await ask(slapd, more).catch((cause: unknown) => cause);
  const binds = (await slapd.log()).slice(before).match(/ BIND dn=/g) ?? [];
  return { isUnavailable: error instanceof DirectoryUnavailable, message: String((error as Error).message), binds };
};

describe.each([
  ['ldaps', (slapd: Slapd): Variables => ({ IDENTITY_LDAP_URL: slapd.ldaps })],
  ['StartTLS', (slapd: Slapd): Variables => ({ IDENTITY_LDAP_URL: slapd.ldap })],
])('%s', (_kind, at) => {
  it('works with the private authority that signed the certificate', async () => {
    expect(await ask(right, at(right))).toMatchObject({ names: ['alice'] });
    const log = await right.log();
    expect(log).toMatch(/TLS established/);
  });

  it('by the name of the host as well', async () => {
    const url = at(right)['IDENTITY_LDAP_URL']?.replace('127.0.0.1', 'localhost');
    expect(await ask(right, { IDENTITY_LDAP_URL: url })).toMatchObject({ names: ['alice'] });
  });

  it.each([
    [
      'of an authority that is not trusted',
      () => right,
      () => ({ IDENTITY_LDAP_CA_FILE: expired.caFile }),
      /SELF_SIGNED|UNABLE_TO|CERT|unknown/,
    ],
    [
      'where no authority of our own is named',
      () => right,
      () => ({ IDENTITY_LDAP_CA_FILE: undefined }),
      /SELF_SIGNED|UNABLE_TO|CERT/,
    ],
    ['that is over', () => expired, () => ({}), /CERT_HAS_EXPIRED/],
    ['for another name', () => otherName, () => ({}), /ERR_TLS_CERT_ALTNAME_INVALID/],
  ])('refuses a certificate %s, and sends nobody’s password', async (_what, slapdOf, more, cause) => {
    const slapd = slapdOf();
    const { isUnavailable, message, binds } = await refusedBy(slapd, { ...at(slapd), ...more() });
    expect(isUnavailable).toBe(true);
    expect(message).toMatch(cause);
    expect(binds).toEqual([]);
  });
});

it('does not go on in the clear where StartTLS is refused', async () => {
  const { isUnavailable, message, binds } = await refusedBy(withoutTls, { IDENTITY_LDAP_URL: withoutTls.ldap });
  expect([isUnavailable, message]).toEqual([true, expect.stringMatching(/^LDAP result \d+$/)]);
  expect(binds).toEqual([]);
});

it('speaks in the clear to the loopback address alone, where it is told to', async () => {
  const plain = { IDENTITY_LDAP_URL: withoutTls.ldap, IDENTITY_LDAP_STARTTLS: '0' };
  expect(await ask(withoutTls, plain)).toMatchObject({ names: ['alice'] });
});

describe('a server that misbehaves', () => {
  let server: Server;
  let url: string;
  const serve = async (onConnection: Parameters<typeof createServer>[1]): Promise<void> => {
    const port = await freePort(null);
    server = createServer(onConnection).listen(port, '127.0.0.1');
    url = `ldap://127.0.0.1:${port}`;
  };

  it('is given up where it ends the connection after StartTLS: no second one is opened in the clear', async () => {
    let connections = 0;
    await serve((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.once('data', (request: Buffer) => {
        // The answer to the extended request of this message id: success. Then nothing more.
        const messageId = request.subarray(2, 5).toString('hex');
        socket.write(Buffer.from(`300c${messageId}78070a010004000400`, 'hex'));
        socket.once('data', () => socket.destroy());
      });
    });
    await expect(ask(right, { IDENTITY_LDAP_URL: url })).rejects.toThrow(DirectoryUnavailable);
    expect(connections).toBe(1);
    server.close();
  });

  it('is given up where it falls silent in the middle: the next password does not cross the network in the clear', async () => {
    const { keyFile, certificateFile } = right.keyPair;
    const [key, cert] = [await readFile(keyFile), await readFile(certificateFile)];
    let connections = 0;
    const inTheClear: Buffer[] = [];
    await serve((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.once('data', (request: Buffer) => {
        inTheClear.push(request);
        const messageId = request.subarray(2, 5).toString('hex');
        socket.write(Buffer.from(`300c${messageId}78070a010004000400`, 'hex'));
        const secure = new TLSSocket(socket, { isServer: true, key, cert });
        secure.on('error', () => undefined);
        // The reader's bind succeeds; then nothing is answered any more.
        secure.once('data', (bind: Buffer) => {
          const bindId = bind.subarray(2, 5).toString('hex');
          secure.write(Buffer.from(`300c${bindId}61070a010004000400`, 'hex'));
        });
      });
    });
    const converse = conversations({ url, startTls: true, ca: await readFile(right.caFile, 'utf8') });
    const askedAgain = converse(async (client) => {
      await client.bind(tree.reader.dn, tree.reader.password);
      await client.search(tree.base).catch(() => undefined);
      // The library has given the connection up, and would open another without StartTLS.
      await client.bind(tree.personOf('alice'), 'alice-password');
    });
    await expect(askedAgain).rejects.toThrow(/connection lost/);
    expect(connections).toBe(1);
    expect(Buffer.concat(inTheClear).toString('latin1')).not.toContain('password');
    server.close();
  });

  it('is given up where the beginning of another answer follows that to StartTLS in the clear', async () => {
    const { keyFile, certificateFile } = right.keyPair;
    const [key, cert] = [await readFile(keyFile), await readFile(certificateFile)];
    await serve((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (request: Buffer) => {
        const messageId = request.subarray(2, 5).toString('hex');
        // A bind's success that lacks its last byte, which the first of the encrypted answer would be.
        const begun = '300d02010261080a010004000401';
        socket.write(Buffer.from(`300c${messageId}78070a010004000400${begun}`, 'hex'));
        const secure = new TLSSocket(socket, { isServer: true, key, cert });
        secure.on('error', () => undefined);
        secure.once('data', () => secure.write(Buffer.from('300c02010261070a013104000400', 'hex')));
      });
    });
    const converse = conversations({ url, startTls: true, ca: await readFile(right.caFile, 'utf8') });
    const bound = converse((client) => client.bind(tree.personOf('alice'), 'not the password'));
    await expect(bound).rejects.toThrow('more than StartTLS in the clear');
    server.close();
  });

  it('is given up where it says nothing', async () => {
    await serve((socket) => void socket.on('error', () => undefined));
    await expect(ask(right, { IDENTITY_LDAP_URL: url, IDENTITY_LDAP_STARTTLS: '0' })).rejects.toThrow(
      DirectoryUnavailable,
    );
    server.close();
  });

  it('is given up where it speaks another language', async () => {
    await serve((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    await expect(ask(right, { IDENTITY_LDAP_URL: url, IDENTITY_LDAP_STARTTLS: '0' })).rejects.toThrow(
      DirectoryUnavailable,
    );
    server.close();
  });
});
