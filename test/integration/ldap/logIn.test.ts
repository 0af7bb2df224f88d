import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveCredentials } from '../../../cli/credentials.js';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { ldapDirectory } from '../../../subgraphs/identity/adapters/directory/ldapDirectory.js';
import { totpCode } from '../../../subgraphs/identity/adapters/totp.js';
import { readIdentityConfig } from '../../../subgraphs/identity/config.js';
import type { Directory } from '../../../subgraphs/identity/usecases/ports/directory.js';
import { type IdentityHarness, startIdentityHarness } from '../../identity/support/identityHarness.js';
import { codeOf, mutate } from '../../identity/support/mutate.js';
import { latch } from '../../support/latch.js';
import { type Slapd, startSlapd, tree } from '../services/slapd.js';
import { logIn, startWithDirectory, trail, tryLogIn, type Variables, variables } from './support.js';

const run = promisify(execFile);

let slapd: Slapd;
const noReader = { IDENTITY_LDAP_BIND_DN: undefined, IDENTITY_LDAP_BIND_PASSWORD: undefined };
let identity: IdentityHarness;

beforeAll(async () => {
  slapd = await startSlapd();
  for (const uid of ['alice', 'bob', 'carol']) await slapd.addPerson(uid);
  identity = await startWithDirectory(slapd);
});
afterAll(async () => {
  await identity.stop();
  await slapd.stop();
});

describe('a person of the directory', () => {
  it('logs in with its password, configured by variables alone (another system could never be)', async () => {
    const first = await logIn(identity, 'alice');
    expect(first.user).toEqual({
      id: expect.stringMatching(/^usr_/),
      username: 'alice',
      displayName: 'alice Example',
      email: 'alice@example.org',
      status: 'ACTIVE',
      origin: 'DIRECTORY',
    });
    expect((await logIn(identity, 'alice')).user.id).toBe(first.user.id);
    expect(await trail(identity, 'provisionUser')).toMatchObject([
      { actor: 'directory', target: first.user.id, outcome: 'OK' },
    ]);
    const [row] = await identity.sql<{ password_hash: null }>('SELECT password_hash FROM "user" WHERE id = $1', [
      first.user.id,
    ]);
    expect(row?.password_hash).toBeNull();
  });

  it('types the name in any case, and is one person then', async () => {
    const { user } = await logIn(identity, 'bob');
    const again = await tryLogIn(identity, 'BOB', 'bob-password');
    expect(again.payload?.['viewer']).toMatchObject({ user: { id: user.id } });
  });

  it('is one account of 20 first log-ins in parallel', async () => {
    await slapd.addPerson('dave');
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => tryLogIn(identity, 'dave')));
    const codes = new Set(outcomes.map(codeOf));
    expect([...codes].filter((code) => code !== 'OK' && code !== 'RATE_LIMITED')).toEqual([]);
    expect(codes).toContain('OK');
    expect(await identity.sql(`SELECT id FROM "user" WHERE username = 'dave'`)).toHaveLength(1);
  });

  it('is told the same of every wrong credential, and nothing of what the directory says', async () => {
    const local = await identity.newPerson();
    const answers = await Promise.all([
      tryLogIn(identity, 'alice', 'not the password'),
      tryLogIn(identity, 'nobody-has-this', 'alice-password'),
      tryLogIn(identity, local.username, 'alice-password'),
      tryLogIn(identity, '*)(uid=*', 'alice-password'),
      tryLogIn(identity, 'alice', ''),
    ]);
    expect(answers).toEqual(answers.map(() => answers[0]));
    expect(answers.map(codeOf)[0]).toBe('INVALID_CREDENTIALS');
    expect(JSON.stringify(answers)).not.toMatch(/ldap|dc=example/i);
  });

  it.each([
    '',
    '*',
    '*)(uid=*',
    'alice)(uid=*',
    'alice\u0000',
    'alice,ou=people',
    'uid=alice',
    'ALI*',
    ' alice',
    'alice ',
  ])('is not found by the name %j', async (name) => {
    expect(codeOf(await tryLogIn(identity, name, 'alice-password'))).toBe('INVALID_CREDENTIALS');
  });

  it('makes the directory do one search and one bind for each way to fail, and none with an empty password', async () => {
    const local = await identity.newPerson();
    const operationsOf = async (username: string, password: string) => {
      const before = (await slapd.log()).length;
      await tryLogIn(identity, username, password);
      const lines = (await slapd.log()).slice(before).split('\n');
      return {
        searches: lines.filter((line) => / SRCH base=/.test(line)).length,
        binds: lines
          .filter((line) => / BIND dn="[^"]*" method=128/.test(line))
          .map((line) => /dn="([^"]*)"/.exec(line)?.[1]),
        refused: lines.filter((line) => / RESULT tag=97 err=49/.test(line)).length,
      };
    };
    for (const [username, password] of [
      ['alice', 'not the password'],
      ['alice', ''],
      ['nobody-has-this', 'x'],
      [local.username, 'x'],
      ['*)(uid=*', 'x'],
    ] as const) {
      const { searches, binds, refused } = await operationsOf(username, password);
      expect([username, searches, binds.length, refused]).toEqual([username, 1, 2, 1]);
      expect(binds[0]).toBe(tree.reader.dn);
      // Only a wrong password of somebody is tried as theirs.
      if (password === 'not the password') expect(binds[1]).toBe(tree.personOf('alice'));
      else expect(binds[1]).toMatch(/^uid=nobody-[0-9a-f]{16},/);
    }
  });

  it('is never merged with a local person of the name, whose password alone counts', async () => {
    const local = await identity.newPerson('erin');
    await slapd.addPerson('erin');
    expect(codeOf(await tryLogIn(identity, 'erin', 'erin-password'))).toBe('INVALID_CREDENTIALS');
    await identity.logIn(local);
    expect(await identity.sql(`SELECT directory_id FROM "user" WHERE username = 'erin'`)).toEqual([
      { directory_id: null },
    ]);
    // Nor may anybody register as somebody of the directory who never logged in.
    const input = { username: 'carol', password: 'a password of hers', email: 'c@example.org', displayName: 'C' };
    expect(codeOf(await mutate(identity, 'registerUser', input, 'user { id }', null))).toBe('USERNAME_TAKEN');
  });

  it('keeps the account when renamed, and whoever has the name next gets none of it', async () => {
    await slapd.addPerson('frank');
    const first = await logIn(identity, 'frank');
    await slapd.rename(tree.personOf('frank'), 'uid=franklin');
    await slapd.addPerson('frank');
    expect(codeOf(await tryLogIn(identity, 'frank'))).toBe('INVALID_CREDENTIALS');
    const renamed = await tryLogIn(identity, 'franklin', 'frank-password');
    expect(renamed.payload?.['viewer']).toMatchObject({ user: { id: first.user.id, username: 'franklin' } });
    const second = await logIn(identity, 'frank');
    expect(second.user.id).not.toBe(first.user.id);
  });

  it('is not one of two entries of the name, nor one that a referral names', async () => {
    await slapd.add(`ou=more,${tree.people}`, { objectClass: 'organizationalUnit', ou: 'more' });
    await slapd.addPerson('grace');
    await slapd.add(`cn=Other,ou=more,${tree.people}`, {
      objectClass: ['inetOrgPerson'],
      uid: 'grace',
      cn: 'Other',
      sn: 'Other',
    });
    expect(codeOf(await tryLogIn(identity, 'grace'))).toBe('INVALID_CREDENTIALS');
    await slapd.add(`ou=elsewhere,${tree.people}`, {
      objectClass: ['referral', 'extensibleObject'],
      ou: 'elsewhere',
      ref: 'ldap://127.0.0.1:1/ou=elsewhere,dc=example,dc=org',
    });
    expect(codeOf(await tryLogIn(identity, 'heidi', 'x'))).toBe('INVALID_CREDENTIALS');
    expect(codeOf(await tryLogIn(identity, 'bob'))).toBe('OK');
  });
});

describe('the second factor', () => {
  it('is enrolled at the first log-in where it is required, and asked for from then on', async () => {
    const strict = await startWithDirectory(slapd, { IDENTITY_LDAP_SECOND_FACTOR: 'totp' });
    const ask = (code: string) =>
      strict.call<{
        logIn: {
          accessToken: string | null;
          refusal: { code: string; enrolmentToken?: string; totp?: { secret: string } } | null;
        };
      }>(
        `mutation ($input: LogInInput!) { logIn(input: $input) { accessToken
          refusal { code ... on TotpRequired { enrolmentToken totp { secret uri qrCodeSvg } } } } }`,
        { input: { username: 'alice', password: 'alice-password', code } },
      );
    expect(codeOf(await tryLogIn(strict, 'alice', 'not the password'))).toBe('INVALID_CREDENTIALS');
    const refusal = (await ask('')).data?.logIn.refusal;
    expect(refusal).toMatchObject({ code: 'TOTP_REQUIRED', totp: { uri: expect.stringContaining('otpauth:') } });
    const secret = refusal?.totp?.secret ?? '';
    const codeAt = (steps: number) => totpCode(secret, new Date(strict.clock.now().getTime() + steps * 30_000));
    const confirm = async () =>
      mutate(
        strict,
        'confirmTotp',
        { enrolmentToken: refusal?.enrolmentToken, code: await codeAt(0) },
        'user { status } recoveryCodes',
        null,
      );
    expect((await confirm()).payload).toMatchObject({ user: { status: 'ACTIVE' }, refusal: null });
    expect(codeOf(await confirm())).toBe('ENROLMENT_EXPIRED');
    expect((await ask('')).data?.logIn.refusal?.code).toBe('INVALID_CREDENTIALS');
    expect((await ask(await codeAt(0))).data?.logIn.refusal?.code).toBe('INVALID_CREDENTIALS');
    strict.clock.advance(30);
    expect((await ask(await codeAt(0))).data?.logIn.accessToken).not.toBeNull();
    await strict.stop();
  });
});

describe('a guess at a first log-in', () => {
  it('is not answered where other guesses used up the window while it was on its way', async () => {
    await slapd.addPerson('target');
    const port = Number(new URL(slapd.ldap).port);
    const [asked, guessed] = [latch(), latch()];
    // The directory's answer to the first conversation waits until the others have failed.
    let conversations = 0;
    const between = createServer((socket) => {
      conversations += 1;
      const first = conversations === 1;
      if (first) asked.open();
      void (first ? guessed.opened : Promise.resolve()).then(() => {
        const server = connect(port, '127.0.0.1');
        for (const end of [socket, server]) end.on('error', () => undefined);
        socket.pipe(server).pipe(socket);
      });
    });
    between.listen(0, '127.0.0.1');
    await once(between, 'listening');
    const url = `ldap://127.0.0.1:${(between.address() as AddressInfo).port}`;
    const strict = await startWithDirectory(slapd, {
      IDENTITY_LDAP_URL: url,
      IDENTITY_LDAP_STARTTLS: '0',
      IDENTITY_LDAP_SECOND_FACTOR: 'totp',
      // Here it is not the directory that is guarded.
      IDENTITY_LDAP_ATTEMPTS: '100',
    });
    const right = tryLogIn(strict, 'target');
    await asked.opened;
    for (let guess = 0; guess < 10; guess += 1) {
      expect(codeOf(await tryLogIn(strict, 'target', 'a guess'))).toBe('INVALID_CREDENTIALS');
    }
    guessed.open();
    expect(codeOf(await right)).toBe('RATE_LIMITED');
    expect(await strict.sql('SELECT 1 FROM enrolment')).toEqual([]);
    await strict.stop();
    between.close();
  });
});

describe('without a reader', () => {
  it('people bind by the DN that their name makes, and read themselves', async () => {
    const direct = await startWithDirectory(slapd, noReader);
    expect((await logIn(direct, 'bob')).user.username).toBe('bob');
    for (const name of ['bob,ou=more', 'bob+cn=x', '*']) {
      expect(codeOf(await tryLogIn(direct, name, 'bob-password'))).toBe('INVALID_CREDENTIALS');
    }
    expect(codeOf(await tryLogIn(direct, 'bob', ''))).toBe('INVALID_CREDENTIALS');
    await direct.stop();
  });
});

describe('the password of the reader', () => {
  it('may be a reference to a credential, as every variable of ours', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tollgate-acct-'));
    const file = join(folder, 'credentials.yaml');
    await writeFile(file, `ldap:\n  reader:\n    password: ${tree.reader.password}\n`);
    const { stdout: key } = await run(process.execPath, [
      join(packageRoot, 'cli', 'tollgate.mjs'),
      'acct',
      'encrypt',
      file,
    ]);
    const resolved = await resolveCredentials({
      ...variables(slapd, { IDENTITY_LDAP_BIND_PASSWORD: 'acct:ldap.reader#password' }),
      ACCT_FILE: `${file}.fernet`,
      ACCT_KEY: key.trim(),
    });
    await rm(folder, { recursive: true });
    const configured = await startIdentityHarness(readIdentityConfig(resolved));
    expect((await logIn(configured, 'alice')).user.username).toBe('alice');
    await configured.stop();
  });
});

describe('whatever reaches the directory', () => {
  const open = (more: Variables): Directory => {
    const { directory } = readIdentityConfig(variables(slapd, more));
    if (directory === null) throw new Error('no directory');
    return ldapDirectory(directory);
  };

  it.each(['*', '*)(uid=*', 'alice)(|(uid=*', '\\2a', 'al*', 'alice\u0000', 'ALICE)', '(', '\\'])(
    'is a value and no filter: %j names nobody',
    async (name) => {
      expect(await open({}).hasName(name)).toBe(false);
      expect(await open({}).authenticate(name, 'alice-password')).toBeNull();
    },
  );

  it.each(['alice,ou=people', 'alice+cn=x', 'alice\\', '"alice"', '#alice', 'x=y', 'a;b', '<a>', 'al\u0000ice'])(
    'is a value and no DN: %j binds as nobody',
    async (name) => {
      const direct = open(noReader);
      expect(await direct.authenticate(name, 'alice-password')).toBeNull();
    },
  );

  it('is not believed to have nobody by a reader who may not read the place of people', async () => {
    const blind = await startSlapd({
      configuration: `access to attrs=userPassword by anonymous auth by * none\naccess to * by dn.exact="${tree.reader.dn}" read by * search`,
    });
    for (const uid of ['alice', 'bob']) await blind.addPerson(uid);
    const at = { IDENTITY_LDAP_URL: blind.ldaps, IDENTITY_LDAP_CA_FILE: blind.caFile };
    const id = (await open(at).authenticate('alice', 'alice-password'))?.id ?? '';
    const asBob = { IDENTITY_LDAP_BIND_DN: tree.personOf('bob'), IDENTITY_LDAP_BIND_PASSWORD: 'bob-password' };
    await expect(open({ ...at, ...asBob }).find([id])).rejects.toThrow('the base DN cannot be read');
    await blind.stop();
  });

  it('finds an entry by its id, and nobody by another', async () => {
    const directory = open({});
    const entry = await directory.authenticate('alice', 'alice-password');
    expect(entry).toMatchObject({ names: ['alice'], email: 'alice@example.org', groups: [] });
    const nobodys = ['*', '00000000-0000-0000-0000-000000000000'].map((id) => Buffer.from(id).toString('base64url'));
    const id = entry?.id ?? '';
    expect([...(await directory.find([id, ...nobodys]))]).toEqual([[id, entry]]);
  });
});
