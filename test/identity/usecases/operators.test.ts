import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { beginReplacement } from '../support/beginReplacement.js';
import { type IdentityHarness, startIdentityHarness, type TestPerson } from '../support/identityHarness.js';
import { issueMandate } from '../support/issueMandate.js';
import { codeOf, mutate } from '../support/mutate.js';

let identity: IdentityHarness;
let operatorId: string;
let operator: string;

beforeAll(async () => {
  identity = await startIdentityHarness();
  operator = (await identity.logIn(await identity.operator())).accessToken;
  operatorId = (await me(operator))?.id ?? '';
});
afterAll(() => identity.stop());

const SEEN = 'user { id status operator }';
const change = (name: string, input: Record<string, unknown>, token: string | null = operator) =>
  mutate(identity, name, input, SEEN, token);
const me = async (token: string) => {
  const { data } = await identity.call<{ viewer: { user: { id: string; operator: boolean } } }>(
    '{ viewer { user { id operator } } }',
    {},
    { token },
  );
  return data?.viewer.user ?? null;
};
const newSession = async (): Promise<{ person: TestPerson; accessToken: string; refreshToken: string }> => {
  const person = await identity.newPerson();
  return { person, ...(await identity.logIn(person)) };
};
const logIn = async (person: TestPerson) => {
  identity.clock.advance(30);
  const { username, password } = person;
  const input = { username, password, code: await identity.codeOf(person) };
  return codeOf(await mutate(identity, 'logIn', input, 'accessToken', null));
};
const rowsOf = (kind: string, subject: string) =>
  identity.sql<{ state: string; data: object }>(
    'SELECT state, data FROM feed_row WHERE kind = $1 AND subject = $2 ORDER BY sequence',
    [kind, subject],
  );

describe('disableUser', () => {
  it('ends sessions, refresh tokens and mandates, tells the feed, and log-ins are refused like any wrong one', async () => {
    const { person, accessToken, refreshToken } = await newSession();
    const mandateId = await issueMandate(identity, accessToken);
    const disabled = await change('disableUser', { userId: person.id });
    expect(disabled.payload).toMatchObject({ user: { id: person.id, status: 'DISABLED' }, refusal: null });
    expect(await rowsOf('USER', person.id)).toEqual([{ state: 'DISABLED', data: { operator: false } }]);
    expect(await rowsOf('MANDATE', mandateId)).toHaveLength(1);
    const { status, errors } = await identity.call('{ viewer { user { id } } }', {}, { token: accessToken });
    expect([status, errors[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
    const refreshed = await mutate(identity, 'refreshSession', { refreshToken }, 'accessToken', null);
    expect(codeOf(refreshed)).toBe('INVALID_REFRESH_TOKEN');
    expect(await logIn(person)).toBe('INVALID_CREDENTIALS');
    const trail = await identity.sql(
      `SELECT actor, outcome FROM platform.audit_entry WHERE action = 'disableUser' AND target = $1`,
      [person.id],
    );
    expect(trail).toEqual([{ actor: operatorId, outcome: 'OK' }]);
    // Again: no error, and no trace.
    expect(codeOf(await change('disableUser', { userId: person.id }))).toBe('OK');
    expect(await rowsOf('USER', person.id)).toHaveLength(1);
  });

  it('is undone by enableUser, but what ended stays ended', async () => {
    const { person, accessToken } = await newSession();
    await change('disableUser', { userId: person.id });
    expect((await change('enableUser', { userId: person.id })).payload).toMatchObject({ user: { status: 'ACTIVE' } });
    expect(codeOf(await change('enableUser', { userId: person.id }))).toBe('OK');
    expect((await rowsOf('USER', person.id)).map(({ state }) => state)).toEqual(['DISABLED', 'ACTIVE']);
    expect(await me(accessToken)).toBeNull();
    expect(await logIn(person)).toBe('OK');
  });

  it('voids a replacement of the factor that was begun, also for who is let in again', async () => {
    const { person, accessToken } = await newSession();
    identity.clock.advance(30);
    const { totpSecret, enrolmentToken } = await beginReplacement(identity, person, accessToken);
    await change('disableUser', { userId: person.id });
    await change('enableUser', { userId: person.id });
    const code = await identity.codeOf({ totpSecret });
    const confirmed = await mutate(identity, 'confirmTotp', { enrolmentToken, code }, 'user { id }', null);
    expect(codeOf(confirmed)).toBe('ENROLMENT_EXPIRED');
    expect(await logIn(person)).toBe('OK');
  });

  it('ends keys for programs for good, with the tokens that they got', async () => {
    const { person, accessToken } = await newSession();
    identity.clock.advance(30);
    const wish = {
      idempotencyKey: newId('audit'),
      name: 'backup',
      scopes: ['storage:read'],
      expiresAt: new Date(identity.clock.now().getTime() + 86_400_000).toISOString(),
      password: person.password,
      code: await identity.codeOf(person),
    };
    const made = await mutate(identity, 'createPersonalAccessKey', wish, 'secret', accessToken);
    const secret = made.payload?.['secret'];
    const exchange = () => mutate(identity, 'exchangePersonalAccessKey', { secret }, 'accessToken', null);
    const token = String((await exchange()).payload?.['accessToken']);
    expect(await me(token)).toMatchObject({ id: person.id });
    await change('disableUser', { userId: person.id });
    await change('enableUser', { userId: person.id });
    expect(await me(token)).toBeNull();
    expect(codeOf(await exchange())).toBe('INVALID_ACCESS_KEY');
  });

  it('is nothing for oneself, for others, and for ids of nobody', async () => {
    const { person, accessToken } = await newSession();
    expect(codeOf(await change('disableUser', { userId: operatorId }))).toBe('NOT_ONESELF');
    for (const name of ['disableUser', 'enableUser']) {
      expect(codeOf(await change(name, { userId: operatorId }, accessToken))).toBe('FORBIDDEN');
      expect(codeOf(await change(name, { userId: person.id }, null))).toBe('UNAUTHENTICATED');
      for (const userId of [newId('user'), newId('group'), '', 'x\0']) {
        expect(codeOf(await change(name, { userId }))).toBe('NOT_FOUND');
      }
    }
    expect(codeOf(await change('setOperator', { userId: person.id, operator: true }, accessToken))).toBe('FORBIDDEN');
  });

  it('brings an unfinished registration back as unfinished, and an erased one not at all', async () => {
    const { person } = await newSession();
    await identity.sql(`UPDATE "user" SET status = 'PENDING', totp_secret = NULL WHERE id = $1`, [person.id]);
    await change('disableUser', { userId: person.id });
    expect((await change('enableUser', { userId: person.id })).payload).toMatchObject({ user: { status: 'PENDING' } });
    await identity.sql(`UPDATE "user" SET status = 'DISABLED', username = NULL WHERE id = $1`, [person.id]);
    expect(codeOf(await change('enableUser', { userId: person.id }))).toBe('NOT_FOUND');
  });
});

describe('setOperator', () => {
  it('makes an operator and an ordinary person again, at once here and by the feed elsewhere', async () => {
    const { person, accessToken } = await newSession();
    expect((await change('setOperator', { userId: person.id, operator: true })).payload).toMatchObject({
      user: { operator: true },
    });
    expect(codeOf(await change('setOperator', { userId: person.id, operator: true }))).toBe('OK');
    await vi.waitFor(async () => {
      const other = await change('enableUser', { userId: operatorId }, accessToken);
      expect(codeOf(other)).toBe('OK');
    });
    expect(codeOf(await change('setOperator', { userId: person.id, operator: false }))).toBe('OK');
    expect(codeOf(await change('enableUser', { userId: operatorId }, accessToken))).toBe('FORBIDDEN');
    expect((await rowsOf('USER', person.id)).map(({ data }) => data)).toEqual([
      { operator: true },
      { operator: false },
    ]);
  });

  it('keeps the last operator, also of two who take the right from each other', async () => {
    expect(codeOf(await change('setOperator', { userId: operatorId, operator: false }))).toBe('LAST_OPERATOR');
    const { person, accessToken } = await newSession();
    await change('setOperator', { userId: person.id, operator: true });
    const codes = await Promise.all([
      change('setOperator', { userId: operatorId, operator: false }, accessToken),
      change('setOperator', { userId: person.id, operator: false }),
    ]);
    expect(codes.map(codeOf).sort()).toEqual(['FORBIDDEN', 'OK']);
    const left = await identity.sql<{ id: string }>(`SELECT id FROM "user" WHERE operator AND status = 'ACTIVE'`);
    expect(left).toHaveLength(1);
    if (left[0]?.id === person.id) await change('setOperator', { userId: operatorId, operator: true }, accessToken);
    await change('setOperator', { userId: person.id, operator: false });
  });

  it('is taken away with the account, and does not come back with it', async () => {
    const { person } = await newSession();
    await change('setOperator', { userId: person.id, operator: true });
    await change('disableUser', { userId: person.id });
    expect(codeOf(await change('setOperator', { userId: person.id, operator: true }))).toBe('NOT_FOUND');
    expect((await change('enableUser', { userId: person.id })).payload).toMatchObject({
      user: { status: 'ACTIVE', operator: false },
    });
  });
});
