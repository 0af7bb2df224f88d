import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { beginReplacement } from '../support/beginReplacement.js';
import { type IdentityHarness, startIdentityHarness, type TestPerson } from '../support/identityHarness.js';
import { runMutation } from '../support/runMutation.js';

let identity: IdentityHarness;

beforeAll(async () => {
  identity = await startIdentityHarness();
});
afterAll(() => identity.stop());

const NEW = 'another password altogether';

/** Moves to the next step and sends its code. */
async function change(token: string | undefined, person: TestPerson, wrong: object = {}) {
  identity.clock.advance(30);
  const input = { password: person.password, code: await identity.codeOf(person), newPassword: NEW, ...wrong };
  return runMutation<{ user: { id: string } }>(
    identity,
    'changePassword',
    input,
    'user { id }',
    token === undefined ? {} : { token },
  );
}

async function logInOutcome(person: TestPerson, password: string, extra: object = {}): Promise<string> {
  identity.clock.advance(30);
  const input = { username: person.username, password, code: await identity.codeOf(person), ...extra };
  return (await runMutation(identity, 'logIn', input)).outcome;
}

const isAlive = async (token: string): Promise<boolean> =>
  (await identity.call('{ viewer { scopes } }', {}, { token })).status === 200;

describe('changePassword', () => {
  it('changes it with the old one and a code, ends the other sessions and leaves the present one', async () => {
    const person = await identity.newPerson();
    const [elsewhere, here] = [await identity.logIn(person), await identity.logIn(person)];
    expect((await change(here.accessToken, person)).payload).toEqual({ user: { id: person.id }, refusal: null });
    expect(await isAlive(elsewhere.accessToken)).toBe(false);
    expect(await isAlive(here.accessToken)).toBe(true);
    const refreshed = await runMutation(identity, 'refreshSession', { refreshToken: elsewhere.refreshToken });
    expect(refreshed.outcome).toBe('INVALID_REFRESH_TOKEN');
    expect(await logInOutcome(person, person.password)).toBe('INVALID_CREDENTIALS');
    expect(await logInOutcome(person, NEW)).toBe('OK');
  });

  it('is noted in the audit with how many sessions it ended, without any password', async () => {
    const person = await identity.newPerson();
    await identity.logIn(person);
    const here = await identity.logIn(person);
    await change(here.accessToken, person, { password: 'a wrong one entirely' });
    await change(here.accessToken, person);
    const entries = await identity.sql<{ outcome: string }>(
      `SELECT outcome, actor, detail FROM platform.audit_entry
       WHERE action = 'changePassword' AND target = $1 ORDER BY id`,
      [person.id],
    );
    expect(entries).toEqual([
      { outcome: 'INVALID_CREDENTIALS', actor: person.id, detail: { failure: 'PASSWORD' } },
      { outcome: 'OK', actor: person.id, detail: { ended: 1 } },
    ]);
  });

  it.each([
    ['the password is wrong', { password: 'a wrong one entirely' }, 'INVALID_CREDENTIALS'],
    ['the password is longer than any', { password: 'x'.repeat(1_000_000) }, 'INVALID_CREDENTIALS'],
    ['the code is wrong', { code: '000000' }, 'INVALID_CREDENTIALS'],
    ['there is no code', { code: '' }, 'INVALID_CREDENTIALS'],
    ['the new one is too short', { newPassword: 'short' }, 'INVALID_INPUT'],
    ['the new one is too long', { newPassword: 'x'.repeat(1_025) }, 'INVALID_INPUT'],
    ['the new one is common', { newPassword: 'Password1' }, 'PASSWORD_TOO_COMMON'],
  ])('changes nothing where %s', async (_name, wrong, code) => {
    const person = await identity.newPerson();
    const [elsewhere, here] = [await identity.logIn(person), await identity.logIn(person)];
    expect((await change(here.accessToken, person, wrong)).outcome).toBe(code);
    expect(await isAlive(elsewhere.accessToken)).toBe(true);
    expect(await logInOutcome(person, person.password)).toBe('OK');
  });

  it('uses the code up, so that it neither logs in nor proves anything again', async () => {
    const person = await identity.newPerson();
    const here = await identity.logIn(person);
    await change(here.accessToken, person);
    const code = await identity.codeOf(person);
    const input = { username: person.username, password: NEW, code };
    expect((await runMutation(identity, 'logIn', input)).outcome).toBe('INVALID_CREDENTIALS');
    const again = await runMutation(
      identity,
      'changePassword',
      { password: NEW, code, newPassword: 'one more password' },
      '',
      {
        token: here.accessToken,
      },
    );
    expect(again.outcome).toBe('INVALID_CREDENTIALS');
  });

  it('changes it once for 20 parallel calls with one code', async () => {
    const person = await identity.newPerson();
    const { accessToken: token } = await identity.logIn(person);
    identity.clock.advance(30);
    const code = await identity.codeOf(person);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_value, index) => {
        const input = { password: person.password, code, newPassword: `${NEW} ${index}` };
        return (await runMutation(identity, 'changePassword', input, '', { token })).outcome;
      }),
    );
    expect(outcomes.filter((outcome) => outcome === 'OK')).toHaveLength(1);
    for (const outcome of outcomes) expect(['OK', 'INVALID_CREDENTIALS', 'RATE_LIMITED']).toContain(outcome);
  });

  it('lets no log-in with the old password outlive it that ran at the same time', async () => {
    const person = await identity.newPerson();
    const { accessToken: token } = await identity.logIn(person);
    const [first = '', ...codes] = person.recoveryCodes;
    const [changed, ...logIns] = await Promise.all([
      runMutation(identity, 'changePassword', { password: person.password, code: first, newPassword: NEW }, '', {
        token,
      }),
      ...codes.map((code) =>
        runMutation<{ accessToken: string }>(
          identity,
          'logIn',
          { username: person.username, password: person.password, code },
          'accessToken',
        ),
      ),
    ]);
    expect(changed.outcome).toBe('OK');
    for (const { payload } of logIns) {
      if (payload?.accessToken != null) expect(await isAlive(payload.accessToken)).toBe(false);
    }
  });

  it('forgets remembered devices, and takes device logins back that were approved', async () => {
    const person = await identity.newPerson();
    identity.clock.advance(30);
    const input = { username: person.username, password: person.password, code: await identity.codeOf(person) };
    const opened = await runMutation<{ accessToken: string; deviceToken: string }>(
      identity,
      'logIn',
      { ...input, rememberDevice: true },
      'accessToken deviceToken',
    );
    const token = opened.payload?.accessToken ?? '';
    const started = await runMutation<{ deviceCode: string; userCode: string }>(
      identity,
      'startDeviceLogin',
      { clientName: 'cli' },
      'deviceCode userCode',
    );
    const { deviceCode, userCode } = started.payload ?? {};
    expect((await runMutation(identity, 'approveDeviceLogin', { userCode }, '', { token })).outcome).toBe('OK');
    expect((await change(token, person)).outcome).toBe('OK');
    expect((await runMutation(identity, 'pollDeviceLogin', { deviceCode })).outcome).toBe('ACCESS_DENIED');
    const live = 'SELECT 1 FROM remembered_device WHERE user_id = $1 AND expires_at > $2';
    expect(await identity.sql(live, [person.id, identity.clock.now()])).toEqual([]);
  });

  it('voids a replacement of the factor that was begun before', async () => {
    const person = await identity.newPerson();
    const { accessToken: token } = await identity.logIn(person);
    identity.clock.advance(30);
    const { totpSecret, enrolmentToken } = await beginReplacement(identity, person, token);
    expect((await change(token, person)).outcome).toBe('OK');
    const code = await identity.codeOf({ totpSecret });
    expect((await runMutation(identity, 'confirmTotp', { enrolmentToken, code })).outcome).toBe('ENROLMENT_EXPIRED');
    expect(await logInOutcome(person, NEW)).toBe('OK');
  });

  it('gives who stole a session ten guesses, and does not keep the owner from it meanwhile', async () => {
    const person = await identity.newPerson();
    const [stolen, own] = [await identity.logIn(person), await identity.logIn(person)];
    for (let guess = 0; guess < 10; guess += 1) {
      const { outcome } = await change(stolen.accessToken, person, { password: 'a guess at it', code: '000000' });
      expect(outcome).toBe('INVALID_CREDENTIALS');
    }
    expect((await change(stolen.accessToken, person)).outcome).toBe('RATE_LIMITED');
    expect((await change(own.accessToken, person)).outcome).toBe('OK');
  });

  it('gives who opens more sessions thirty guesses in all, of passwords and codes', async () => {
    const person = await identity.newPerson();
    for (let opened = 0; opened < 3; opened += 1) {
      const { accessToken } = await identity.logIn(person);
      for (let guess = 0; guess < 5; guess += 1) {
        for (const password of ['a guess at it', person.password]) {
          const input = { password, code: '000000', newPassword: NEW };
          const guessed = await runMutation(identity, 'changePassword', input, '', { token: accessToken });
          expect(guessed.outcome).toBe('INVALID_CREDENTIALS');
        }
      }
    }
    const next = await identity.logIn(person);
    expect((await change(next.accessToken, person)).outcome).toBe('RATE_LIMITED');
    expect(await logInOutcome(person, person.password)).toBe('OK');
    identity.clock.advance(900);
    expect((await change((await identity.logIn(person)).accessToken, person)).outcome).toBe('OK');
  });

  it('is for people in person: UNAUTHENTICATED without a token, FORBIDDEN for services', async () => {
    const person = await identity.newPerson();
    expect((await change(undefined, person)).outcome).toBe('UNAUTHENTICATED');
    const input = { password: person.password, code: '000000', newPassword: NEW };
    expect((await runMutation(identity, 'changePassword', input, '', { as: 'access' })).outcome).toBe('FORBIDDEN');
  });
});
