import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { startIdentityAndAccounting, type TwoServices } from '../../support/identityAndAccounting.js';
import type { IdentityHarness, TestPerson } from '../support/identityHarness.js';
import { askForToken } from '../support/oauth.js';
import { runMutation } from '../support/runMutation.js';

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const KEY_TYPE = 'urn:tollgate:params:oauth:token-type:personal-access-key';
const SELECTION = 'personalAccessKey { id name scopes createdAt expiresAt lastUsedAt revokedAt } secret';

interface Key {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expiresAt: string;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

let services: TwoServices;
let identity: IdentityHarness;
let ada: TestPerson;
let adas: string;
let bobs: string;
let operator: string;

beforeAll(async () => {
  services = await startIdentityAndAccounting();
  identity = services.identity;
  ada = await identity.newPerson();
  operator = (await identity.logIn(await identity.operator())).accessToken;
  bobs = (await identity.logIn(await identity.newPerson())).accessToken;
  adas = (await identity.logIn(ada)).accessToken;
});
afterAll(() => services.stop());

const inDays = (days: number): string => new Date(identity.clock.now().getTime() + days * 86_400_000).toISOString();

/** Asks for a key with the right proof unless told otherwise; each takes a step of the clock for its code. */
async function create(input: object = {}, token = adas, person: TestPerson = ada) {
  identity.clock.advance(30);
  const code = await identity.codeOf(person);
  const wish = { name: 'backup', scopes: ['storage:read', 'accounting:spend'], expiresAt: inDays(30) };
  const whole = { idempotencyKey: randomUUID(), ...wish, password: person.password, code, ...input };
  return runMutation<{ personalAccessKey: Key; secret: string }>(
    identity,
    'createPersonalAccessKey',
    whole,
    SELECTION,
    {
      token,
    },
  );
}

async function freshKey(input: object = {}): Promise<{ id: string; secret: string }> {
  const { payload, outcome } = await create(input);
  if (payload?.personalAccessKey == null || payload.secret == null) throw new Error(outcome);
  return { id: payload.personalAccessKey.id, secret: payload.secret };
}

const exchange = (secret: string, scopes?: readonly string[]) =>
  runMutation<{ accessToken: string; expiresAt: string; scopes: string[] }>(
    identity,
    'exchangePersonalAccessKey',
    { secret, ...(scopes === undefined ? {} : { scopes }) },
    'accessToken expiresAt scopes',
  );
const tokenFor = async (secret: string): Promise<string> => (await exchange(secret)).payload?.accessToken ?? '';
const revoke = (personalAccessKeyId: string, token = adas) =>
  runMutation<{ personalAccessKey: Key }>(
    identity,
    'revokePersonalAccessKey',
    { personalAccessKeyId },
    'personalAccessKey { id revokedAt }',
    {
      token,
    },
  );
const atIdentity = async (token: string): Promise<number> =>
  (await identity.call('{ viewer { user { id } } }', {}, { token })).status;
const atAccounting = async (token: string): Promise<number> =>
  (await services.accounting.call('query ($id: ID!) { account(id: $id) { id } }', { id: newId('account') }, { token }))
    .status;

describe('createPersonalAccessKey', () => {
  it('makes a key after a step-up, shows its secret once and keeps it nowhere', async () => {
    const idempotencyKey = randomUUID();
    const expiresAt = inDays(90);
    const { payload } = await create({ idempotencyKey, expiresAt });
    expect(payload).toMatchObject({
      personalAccessKey: {
        id: expect.stringMatching(/^pak_/),
        name: 'backup',
        scopes: ['storage:read', 'accounting:spend'],
        expiresAt,
        lastUsedAt: null,
        revokedAt: null,
      },
      secret: expect.stringMatching(/^tgp_[0-9A-Za-z]{49}$/),
    });
    const again = await create({ idempotencyKey, expiresAt });
    expect(again.payload).toEqual({ ...payload, secret: null });
    expect((await create({ idempotencyKey, name: 'other', expiresAt })).outcome).toBe('IDEMPOTENCY_KEY_REUSED');
    const stored = await identity.sql('SELECT row::text FROM personal_access_key AS row');
    expect(JSON.stringify(stored)).not.toContain(payload?.secret?.slice(4));
    expect(identity.logged()).not.toContain(payload?.secret);
  });

  it('refuses a wrong password, a wrong code, and a code that was used: INVALID_CREDENTIALS', async () => {
    expect((await create({ password: 'not the password' })).outcome).toBe('INVALID_CREDENTIALS');
    expect((await create({ code: '000000' })).outcome).toBe('INVALID_CREDENTIALS');
    const code = await identity.codeOf(ada, 1);
    expect((await create({ code })).outcome).toBe('OK');
    expect((await create({ code })).outcome).toBe('INVALID_CREDENTIALS');
    expect((await create({ code: ada.recoveryCodes[0] })).outcome).toBe('OK');
  });

  it('counts each wrong proof, also with the key of an earlier call, and does not spend the key on it', async () => {
    const person = await identity.newPerson();
    const token = (await identity.logIn(person)).accessToken;
    const same = { idempotencyKey: randomUUID(), expiresAt: inDays(30) };
    expect((await create({ ...same, code: '000000' }, token, person)).outcome).toBe('INVALID_CREDENTIALS');
    const made = await create(same, token, person);
    expect(made.outcome).toBe('OK');
    for (let guess = 0; guess < 10; guess += 1) {
      const { outcome, payload } = await create({ ...same, password: 'a guess' }, token, person);
      expect([outcome, payload?.personalAccessKey]).toEqual(['INVALID_CREDENTIALS', null]);
    }
    expect((await create(same, token, person)).outcome).toBe('RATE_LIMITED');
  });

  it.each([
    [{ name: '' }, 'INVALID_INPUT'],
    [{ scopes: ['accounting:deposit'] }, 'INVALID_INPUT'],
    [{ scopes: ['identity:groups'] }, 'INVALID_INPUT'],
    [{ scopes: ['everything'] }, 'INVALID_INPUT'],
    [{ expiresAt: '2020-01-01T00:00:00.000Z' }, 'INVALID_INPUT'],
    [{ expiresAt: '2099-01-01T00:00:00.000Z' }, 'INVALID_INPUT'],
    [{ idempotencyKey: 'ü' }, 'INVALID_INPUT'],
  ])('refuses %j', async (input, code) => {
    const { payload, outcome } = await create(input);
    expect([outcome, payload?.secret]).toEqual([code, null]);
  });

  it('is for people in person: neither a key makes another, nor anybody without a token', async () => {
    const token = await tokenFor((await freshKey()).secret);
    expect((await create({}, token)).outcome).toBe('FORBIDDEN');
    expect((await create({}, '')).outcome).toBe('UNAUTHENTICATED');
  });

  it('leaves fifty in use at most: LIMIT_EXCEEDED', async () => {
    const person = await identity.newPerson();
    const { accessToken } = await identity.logIn(person);
    await identity.sql(
      `INSERT INTO personal_access_key (id, user_id, name, secret_hash, scopes, created_at, expires_at)
       SELECT 'pak_' || number, $1, 'x', decode(lpad(to_hex(number), 8, '0'), 'hex'), '{}', now(), now() + interval '9 years'
       FROM generate_series(1, 50) AS number`,
      [person.id],
    );
    expect((await create({}, accessToken, person)).outcome).toBe('LIMIT_EXCEEDED');
    expect((await revoke('pak_1', accessToken)).outcome).toBe('NOT_FOUND');
    await identity.sql(`UPDATE personal_access_key SET revoked_at = now() WHERE id = 'pak_7'`);
    expect((await create({}, accessToken, person)).outcome).toBe('OK');
  });
});

describe('a personal access key', () => {
  it('gets an access token that speaks for its person within its scopes, and shows when it was used', async () => {
    const { id, secret } = await freshKey();
    const { payload } = await exchange(secret);
    expect(payload?.scopes).toEqual(['storage:read', 'accounting:spend']);
    const claims = decodeJwt(payload?.accessToken ?? '');
    expect(claims).toMatchObject({ sub: ada.id, sid: id, aud: 'tollgate', scope: 'storage:read accounting:spend' });
    expect(claims['act']).toBeUndefined();
    expect([await atIdentity(payload?.accessToken ?? ''), await atAccounting(payload?.accessToken ?? '')]).toEqual([
      200, 200,
    ]);
    expect((await exchange(secret, ['storage:read'])).payload?.scopes).toEqual(['storage:read']);
    expect((await exchange(secret, ['storage:write'])).outcome).toBe('SCOPE_EXCEEDED');
    const { data } = await identity.call<{ viewer: { user: { personalAccessKeys: { nodes: Key[] } } } }>(
      '{ viewer { user { personalAccessKeys(first: 1) { nodes { id lastUsedAt } pageInfo { hasNextPage } } } } }',
      {},
      { token: adas },
    );
    expect(data?.viewer.user.personalAccessKeys.nodes).toEqual([
      { id, lastUsedAt: identity.clock.now().toISOString() },
    ]);
  });

  it('gets it in the standard form too: a token exchange with a subject type of its own', async () => {
    const { id, secret } = await freshKey();
    const form = { grant_type: EXCHANGE, subject_token: secret, subject_token_type: KEY_TYPE };
    const answer = await askForToken(identity.url, { ...form, scope: 'storage:read' });
    expect(answer).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 600, scope: 'storage:read' },
    });
    expect(decodeJwt(String(answer.body['access_token']))).toMatchObject({ sid: id, aud: 'tollgate' });
    expect((await askForToken(identity.url, { ...form, audience: 'storage' })).body['error']).toBe('invalid_target');
    expect((await askForToken(identity.url, { ...form, scope: 'identity:groups' })).body['error']).toBe(
      'invalid_scope',
    );
    expect((await askForToken(identity.url, { ...form, subject_token: `${secret}0` })).body['error']).toBe(
      'invalid_request',
    );
    expect((await askForToken(identity.url, { ...form, subject_token_type: 'urn:x' })).body['error']).toBe(
      'invalid_request',
    );
    // The token is an ordinary one: its person may narrow it for one service.
    const narrowed = await askForToken(identity.url, {
      grant_type: EXCHANGE,
      subject_token: String(answer.body['access_token']),
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: 'storage',
    });
    expect(narrowed.body['scope']).toBe('storage:read');
    await revoke(id);
    expect((await askForToken(identity.url, { ...form })).body['error']).toBe('invalid_request');
  });

  it('is itself no access token', async () => {
    const { secret } = await freshKey();
    expect([await atIdentity(secret), await atAccounting(secret)]).toEqual([401, 401]);
  });

  it('gives no operator’s rights, and nothing that is done in person', async () => {
    const person = await identity.operator();
    identity.clock.advance(30);
    const code = await identity.codeOf(person);
    const { payload } = await runMutation<{ secret: string }>(
      identity,
      'createPersonalAccessKey',
      {
        idempotencyKey: randomUUID(),
        name: 'x',
        scopes: ['accounting:deposit'],
        expiresAt: inDays(1),
        password: person.password,
        code,
      },
      'secret',
      { token: operator },
    );
    const token = await tokenFor(payload?.secret ?? '');
    expect(decodeJwt(token)['scope']).toBe('accounting:deposit');
    const list = await identity.call('{ serviceAccounts { nodes { id } } }', {}, { token });
    expect(list.errors[0]?.extensions.code).toBe('FORBIDDEN');
    expect(
      (await runMutation(identity, 'createGroup', { idempotencyKey: 'x', name: 'y' }, '', { token })).outcome,
    ).toBe('FORBIDDEN');
    expect((await runMutation(identity, 'logOut', {}, '', { token })).outcome).toBe('FORBIDDEN');
  });

  it('reads of its person neither mail address, sessions, keys nor invitations', async () => {
    const token = await tokenFor((await freshKey()).secret);
    const seen = await identity.call<{ viewer: { user: object } }>(
      `{ viewer { user { status email sessions { nodes { id } } personalAccessKeys { nodes { id } }
        invitations { nodes { group { id } } } } } }`,
      {},
      { token },
    );
    const nothing = { email: null, sessions: null, personalAccessKeys: null, invitations: null };
    expect(seen.data?.viewer.user).toEqual({ status: 'ACTIVE', ...nothing });
    expect(seen.errors.map(({ extensions }) => extensions.code)).toEqual(Array(4).fill('NOT_FOUND'));
  });

  it.each(['', 'tgp_', `tgp_${'0'.repeat(49)}`, `tgp_${'0'.repeat(43)}2IsRgk`, 'x'.repeat(10_000), 'tgp_\0'])(
    'is not %j: INVALID_ACCESS_KEY',
    async (secret) => {
      expect((await exchange(secret)).outcome).toBe('INVALID_ACCESS_KEY');
    },
  );

  it('ends when its time is over, and its tokens with it', async () => {
    const expiresAt = new Date(identity.clock.now().getTime() + 330_000).toISOString();
    const { secret } = await freshKey({ expiresAt });
    const { payload } = await exchange(secret);
    expect(Date.parse(payload?.expiresAt ?? '')).toBe(Math.floor(Date.parse(expiresAt) / 1000) * 1000);
    identity.clock.advance(330);
    expect((await exchange(secret)).outcome).toBe('INVALID_ACCESS_KEY');
    adas = (await identity.logIn(ada)).accessToken;
  });

  it('of a person who is disabled ends for good, with its tokens', async () => {
    const person = await identity.newPerson();
    const { accessToken } = await identity.logIn(person);
    const { payload } = await create({}, accessToken, person);
    const secret = payload?.secret ?? '';
    const token = await tokenFor(secret);
    operator = (await identity.logIn(await identity.operator())).accessToken;
    for (const name of ['disableUser', 'enableUser']) {
      const options = { token: operator };
      expect((await runMutation(identity, name, { userId: person.id }, '', options)).outcome).toBe('OK');
      expect((await exchange(secret)).outcome).toBe('INVALID_ACCESS_KEY');
      expect(await atIdentity(token)).toBe(401);
    }
  });
});

describe('revokePersonalAccessKey', () => {
  it('ends a key and its tokens in identity at once and elsewhere by the feed', async () => {
    const { id, secret } = await freshKey();
    const token = await tokenFor(secret);
    expect([await atIdentity(token), await atAccounting(token)]).toEqual([200, 200]);
    const { payload } = await revoke(id);
    expect(payload?.personalAccessKey).toEqual({ id, revokedAt: identity.clock.now().toISOString() });
    expect(await atIdentity(token)).toBe(401);
    await vi.waitFor(async () => expect(await atAccounting(token)).toBe(401), { timeout: 10_000 });
    expect((await exchange(secret)).outcome).toBe('INVALID_ACCESS_KEY');
    expect((await revoke(id)).payload).toEqual(payload);
    const rows = await identity.sql(`SELECT kind, state FROM feed_row WHERE subject = $1`, [id]);
    expect(rows).toEqual([{ kind: 'SESSION', state: 'REVOKED' }]);
    await identity.restart();
    expect(await atIdentity(token)).toBe(401);
  });

  it('is for its person, operators, and the key itself: NOT_FOUND for others', async () => {
    const [first, second, third] = [await freshKey(), await freshKey(), await freshKey()];
    for (const id of [first.id, newId('personalAccessKey'), newId('session'), '', 'x\0']) {
      expect((await revoke(id, bobs)).outcome).toBe('NOT_FOUND');
    }
    const firsts = await tokenFor(first.secret);
    expect((await revoke(second.id, firsts)).outcome).toBe('NOT_FOUND');
    expect((await revoke(first.id, firsts)).outcome).toBe('OK');
    operator = (await identity.logIn(await identity.operator())).accessToken;
    expect((await revoke(third.id, operator)).outcome).toBe('OK');
    expect((await revoke(second.id, '')).outcome).toBe('UNAUTHENTICATED');
  });

  it('lists keys to their person and operators alone, page by page', async () => {
    const query = `query ($id: ID!, $after: String) { user(id: $id) { personalAccessKeys(first: 2, after: $after) {
      nodes { id name } pageInfo { hasNextPage endCursor } } } }`;
    adas = (await identity.logIn(ada)).accessToken;
    const mine = await identity.call<{
      user: { personalAccessKeys: { nodes: Key[]; pageInfo: { hasNextPage: boolean } } };
    }>(query, { id: ada.id }, { token: adas });
    expect(mine.data?.user.personalAccessKeys).toMatchObject({ nodes: { length: 2 }, pageInfo: { hasNextPage: true } });
    const others = await identity.call(query, { id: ada.id }, { token: bobs });
    expect(others.errors[0]?.extensions.code).toBe('NOT_FOUND');
  });
});
