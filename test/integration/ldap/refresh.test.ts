import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { signedRequest } from '../../../platform/peers/signedRequest.js';
import { readIdentityConfig } from '../../../subgraphs/identity/config.js';
import { startIdentity } from '../../../subgraphs/identity/main.js';
import type { IdentityHarness } from '../../identity/support/identityHarness.js';
import { issueMandate } from '../../identity/support/issueMandate.js';
import { codeOf, mutate } from '../../identity/support/mutate.js';
import { askForToken } from '../../identity/support/oauth.js';
import { type Slapd, startSlapd, tree } from '../services/slapd.js';
import { logIn, refresh, startWithDirectory, trail, tryLogIn } from './support.js';

let slapd: Slapd;
let identity: IdentityHarness;

beforeAll(async () => {
  slapd = await startSlapd();
  // What organisations do to close an account without deleting it: here, another employeeType.
  identity = await startWithDirectory(slapd, { IDENTITY_LDAP_USER_FILTER: '(!(employeeType=closed))' });
});
afterAll(async () => {
  await identity.stop();
  await slapd.stop();
});

const isDead = async (accessToken: string) => {
  const { errors } = await identity.call('{ viewer { user { id } } }', {}, { token: accessToken });
  return errors[0]?.extensions.code === 'UNAUTHENTICATED';
};

describe('who is gone from the directory', () => {
  it.each([
    ['removed', (uid: string) => slapd.remove(tree.personOf(uid))],
    [
      'not let in by the filter any more',
      (uid: string) => slapd.change(tree.personOf(uid), 'add', 'employeeType', ['closed']),
    ],
  ])('%s: loses everything at the next refresh', async (what, close) => {
    const uid = `gone${what.length}`;
    await slapd.addPerson(uid);
    const [one, other] = [await logIn(identity, uid), await logIn(identity, uid)];
    await issueMandate(identity, one.accessToken);
    const renewed = await refresh(identity, one.refreshToken);
    expect(renewed.code).toBe('OK');
    await close(uid);
    expect((await refresh(identity, renewed.refreshToken)).code).toBe('INVALID_REFRESH_TOKEN');
    expect(await isDead(one.accessToken)).toBe(true);
    expect(await isDead(other.accessToken)).toBe(true);
    expect((await refresh(identity, other.refreshToken)).code).toBe('INVALID_REFRESH_TOKEN');
    expect(codeOf(await tryLogIn(identity, uid))).toBe('INVALID_CREDENTIALS');
    const rows = await identity.sql<{ kind: string; state: string }>(
      `SELECT kind, state FROM feed_row WHERE kind IN ('USER', 'MANDATE') ORDER BY sequence DESC LIMIT 2`,
    );
    expect(rows.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual(['MANDATE REVOKED', 'USER DISABLED']);
    expect((await trail(identity, 'disableUser')).at(-1)).toMatchObject({ actor: 'directory', target: one.user.id });
  });

  it('comes in again with the entry, as the same person', async () => {
    const dn = await slapd.addPerson('back');
    const { user, refreshToken } = await logIn(identity, 'back');
    await slapd.change(dn, 'add', 'employeeType', ['closed']);
    await refresh(identity, refreshToken);
    await slapd.change(dn, 'delete', 'employeeType', ['closed']);
    expect((await logIn(identity, 'back')).user).toMatchObject({ id: user.id, status: 'ACTIVE' });
    expect((await refresh(identity, refreshToken)).code).toBe('INVALID_REFRESH_TOKEN');
  });

  it('does not come in by the directory where an operator closed the account', async () => {
    await slapd.addPerson('barred');
    const { user } = await logIn(identity, 'barred');
    const operator = (await identity.logIn(await identity.operator())).accessToken;
    const change = (name: string) => mutate(identity, name, { userId: user.id }, 'user { status }', operator);
    await change('disableUser');
    expect(codeOf(await tryLogIn(identity, 'barred'))).toBe('INVALID_CREDENTIALS');
    await change('enableUser');
    expect(codeOf(await tryLogIn(identity, 'barred'))).toBe('OK');
    // What the directory closed first is an operator's to keep closed as well.
    const { refreshToken } = await logIn(identity, 'barred');
    await slapd.change(tree.personOf('barred'), 'add', 'employeeType', ['closed']);
    await refresh(identity, refreshToken);
    await change('disableUser');
    await slapd.change(tree.personOf('barred'), 'delete', 'employeeType', ['closed']);
    expect(codeOf(await tryLogIn(identity, 'barred'))).toBe('INVALID_CREDENTIALS');
  });

  it('is another person where the name is given to somebody else', async () => {
    await slapd.addPerson('recycled');
    const { user, refreshToken } = await logIn(identity, 'recycled');
    await slapd.remove(tree.personOf('recycled'));
    await slapd.addPerson('recycled');
    expect((await refresh(identity, refreshToken)).code).toBe('INVALID_REFRESH_TOKEN');
    // The account keeps its name; whoever has it in the directory now needs another, or an operator.
    expect(codeOf(await tryLogIn(identity, 'recycled'))).toBe('INVALID_CREDENTIALS');
    expect((await trail(identity, 'provisionUser')).at(-1)).toMatchObject({ target: null, outcome: 'USERNAME_TAKEN' });
    expect(await identity.sql('SELECT id FROM "user" WHERE username = $1', ['recycled'])).toEqual([{ id: user.id }]);
  });

  it('has the profile of the entry from the next refresh on', async () => {
    const dn = await slapd.addPerson('mover');
    const { accessToken, refreshToken } = await logIn(identity, 'mover');
    await slapd.change(dn, 'replace', 'cn', ['Moved Example']);
    await slapd.change(dn, 'replace', 'mail', ['not a mail address']);
    await refresh(identity, refreshToken);
    const { data } = await identity.call('{ viewer { user { displayName email } } }', {}, { token: accessToken });
    expect(data).toEqual({ viewer: { user: { displayName: 'Moved Example', email: null } } });
  });
});

describe('a filter that is mistyped', () => {
  it('closes nobody’s account at a refresh, is told in the log, and keeps the refresh tokens', async () => {
    const uids = ['typo1', 'typo2', 'typo3', 'typo4', 'typo5', 'typo6'];
    const another = await startSlapd();
    const strict = await startWithDirectory(another, { IDENTITY_LDAP_USER_FILTER: '(!(employeeType=closed))' });
    const sessions = new Map<string, string>();
    for (const uid of uids) {
      await another.addPerson(uid);
      sessions.set(uid, (await logIn(strict, uid)).refreshToken);
    }
    const refreshed = async (uid: string): Promise<string> => {
      const { code, refreshToken } = await refresh(strict, sessions.get(uid) ?? '');
      sessions.set(uid, refreshToken);
      return code;
    };
    // As if the filter were wrong: it matches nobody.
    for (const uid of uids) await another.change(tree.personOf(uid), 'add', 'employeeType', ['closed']);
    for (const uid of uids) expect(await refreshed(uid)).toBe('DIRECTORY_UNAVAILABLE');
    expect(await strict.sql(`SELECT 1 FROM "user" WHERE status = 'DISABLED'`)).toEqual([]);
    const told = strict
      .logged()
      .split('\n')
      .filter((line) => line.includes('the directory is not believed'));
    expect(told.map((line) => JSON.parse(line))).toMatchObject(
      uids.map(() => ({ level: 50, cause: "it says that 6 of 6 people are gone; nobody's account is closed" })),
    );
    // Right again; three of six have really left.
    for (const uid of uids.slice(3)) await another.change(tree.personOf(uid), 'delete', 'employeeType', ['closed']);
    for (const uid of uids.slice(3)) expect(await refreshed(uid)).toBe('OK');
    for (const uid of uids.slice(0, 3)) expect(await refreshed(uid)).toBe('INVALID_REFRESH_TOKEN');
    expect(await strict.sql(`SELECT username FROM "user" WHERE status = 'DISABLED' ORDER BY 1`)).toEqual(
      uids.slice(0, 3).map((username) => ({ username })),
    );
    await strict.stop();
    await another.stop();
  });
});

describe('while the directory is away', () => {
  it('its people are told so and keep their refresh tokens, local people go on, and all is well when it is back', async () => {
    await slapd.addPerson('patient');
    const session = await logIn(identity, 'patient');
    const local = await identity.newPerson();
    const { refreshToken } = await identity.logIn(local);
    await slapd.pause();
    expect(codeOf(await tryLogIn(identity, 'patient'))).toBe('DIRECTORY_UNAVAILABLE');
    expect((await refresh(identity, session.refreshToken)).code).toBe('DIRECTORY_UNAVAILABLE');
    const form = { grant_type: 'refresh_token', refresh_token: session.refreshToken };
    const { status, body } = await askForToken(identity.url, form);
    expect([status, body['error']]).toEqual([503, 'temporarily_unavailable']);
    expect(await isDead(session.accessToken)).toBe(false);
    expect((await refresh(identity, refreshToken)).code).toBe('OK');
    await identity.logIn(local);
    // Alike for a local name with a wrong password and for nobody's: it does not tell which names are local.
    const [wrong, unknown] = [
      await tryLogIn(identity, local.username, 'x'),
      await tryLogIn(identity, 'nobody-has', 'x'),
    ];
    expect(wrong).toEqual(unknown);
    expect(codeOf(wrong)).toBe('DIRECTORY_UNAVAILABLE');
    const input = { username: 'newcomer', password: 'a password of theirs', email: 'n@example.org', displayName: 'N' };
    expect(codeOf(await mutate(identity, 'registerUser', input, 'user { id }', null))).toBe('DIRECTORY_UNAVAILABLE');
    expect(identity.logged()).toContain('the directory could not be asked');
    expect((await trail(identity, 'logIn')).at(-1)).toMatchObject({ target: null, outcome: 'DIRECTORY_UNAVAILABLE' });
    await slapd.resume();
    expect((await refresh(identity, session.refreshToken)).code).toBe('OK');
    expect(codeOf(await tryLogIn(identity, 'patient'))).toBe('OK');
  });

  it('guesses are counted, so that an outage is no time to guess local passwords', async () => {
    const local = await identity.newPerson();
    await slapd.pause();
    for (let guess = 0; guess < 10; guess += 1) {
      expect(codeOf(await tryLogIn(identity, local.username, 'a guess'))).toBe('DIRECTORY_UNAVAILABLE');
    }
    expect(codeOf(await tryLogIn(identity, local.username, 'a guess'))).toBe('RATE_LIMITED');
    await slapd.resume();
  });

  it('nothing that was typed, and no password of ours, is in the log or the trail', async () => {
    const everything = `${identity.logged()}${JSON.stringify(await identity.sql('SELECT * FROM platform.audit_entry'))}`;
    for (const secret of ['patient-password', tree.reader.password, 'a guess']) {
      expect(everything).not.toContain(secret);
    }
  });
});

describe('without a directory any more', () => {
  it('its people cannot renew a session: nobody knows whether they are still there', async () => {
    await slapd.addPerson('left');
    const { refreshToken } = await logIn(identity, 'left');
    const bare = await startIdentity(
      { ...identity.settings, service: 'identity' },
      { clock: identity.clock, config: { ...readIdentityConfig({}), logLevel: 'silent' } },
    );
    const query = 'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { refusal { code } } }';
    const { body } = await signedRequest({
      keys: await loadServiceKeys(identity.home, 'gateway'),
      target: 'identity',
      origin: bare.url,
      method: 'POST',
      path: '/graphql',
      body: Buffer.from(JSON.stringify({ query, variables: { input: { refreshToken } } })),
      token: null,
      headers: {},
      requestId: 'x',
      clientIp: '192.0.2.1',
      userAgent: 'test',
      signal: AbortSignal.timeout(30_000),
    });
    await bare.stop();
    expect(JSON.parse(body.toString('utf8'))).toEqual({
      data: { refreshSession: { refusal: { code: 'DIRECTORY_UNAVAILABLE' } } },
    });
  });
});
