import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  documents,
  type IdentityHarness,
  type Payload,
  startIdentityHarness,
  type TestPerson,
} from '../support/identityHarness.js';

let identity: IdentityHarness;

beforeAll(async () => {
  identity = await startIdentityHarness();
});
afterAll(() => identity.stop());

interface LoggedIn {
  readonly logIn: Payload<{
    accessToken: string;
    refreshToken: string;
    expiresAt: string;
    session: { id: string; current: boolean; ipAddress: string; userAgent: string; expiresAt: string };
    viewer: { scopes: string[]; user: { id: string; email: string; status: string }; session: { id: string } };
  }>;
}

const attempt = (input: { username: string; password: string; code: string }) =>
  identity.call<LoggedIn>(documents.LOG_IN, { input });

async function outcomeOf(input: { username: string; password: string; code: string }): Promise<string> {
  const { data, errors } = await attempt(input);
  return errors[0]?.extensions.code ?? data?.logIn.refusal?.code ?? 'OK';
}

const withCode = (person: TestPerson, code: string) => ({
  username: person.username,
  password: person.password,
  code,
});

describe('logIn', () => {
  it('opens a session with user name in any case, password and code', async () => {
    const person = await identity.newPerson();
    const code = await identity.codeOf(person);
    const { data } = await attempt({ ...withCode(person, code), username: person.username.toUpperCase() });
    const payload = data?.logIn;
    expect(payload?.refusal).toBeNull();
    expect(payload?.accessToken).toMatch(/^eyJ/);
    expect(payload?.refreshToken).toMatch(/^tgr_[\w-]{43}$/);
    expect(payload?.session).toMatchObject({ current: true, ipAddress: '192.0.2.1', userAgent: 'test' });
    expect(payload?.viewer?.user).toEqual({
      id: person.id,
      username: person.username,
      email: `${person.username}@example.org`,
      status: 'ACTIVE',
    });
    expect(payload?.viewer?.scopes).toEqual([
      'accounting:spend',
      'access:request',
      'storage:read',
      'storage:write',
      'compute:submit',
      'identity:groups',
    ]);
    const lifetimeMs = Date.parse(payload?.expiresAt ?? '') - identity.clock.now().getTime();
    expect(lifetimeMs).toBe(600_000);
    expect(Date.parse(payload?.session?.expiresAt ?? '') - identity.clock.now().getTime()).toBe(12 * 3_600_000);
  });

  it('takes the code of the step before and after, and refuses those further away', async () => {
    const person = await identity.newPerson();
    identity.clock.advance(90);
    expect(await outcomeOf(withCode(person, await identity.codeOf(person, -2)))).toBe('INVALID_CREDENTIALS');
    expect(await outcomeOf(withCode(person, await identity.codeOf(person, 2)))).toBe('INVALID_CREDENTIALS');
    expect(await outcomeOf(withCode(person, await identity.codeOf(person, -1)))).toBe('OK');
    expect(await outcomeOf(withCode(person, await identity.codeOf(person, 1)))).toBe('OK');
  });

  it('takes a code once', async () => {
    const person = await identity.newPerson();
    const code = await identity.codeOf(person);
    expect(await outcomeOf(withCode(person, code))).toBe('OK');
    expect(await outcomeOf(withCode(person, code))).toBe('INVALID_CREDENTIALS');
  });

  it('refuses the code that confirmed the factor', async () => {
    const person = await identity.newPerson();
    expect(await outcomeOf(withCode(person, await identity.codeOf(person, -1)))).toBe('INVALID_CREDENTIALS');
  });

  it('refuses the code of an older step after that of a newer one', async () => {
    const person = await identity.newPerson();
    expect(await outcomeOf(withCode(person, await identity.codeOf(person, 1)))).toBe('OK');
    expect(await outcomeOf(withCode(person, await identity.codeOf(person, 0)))).toBe('INVALID_CREDENTIALS');
  });

  it('opens one session for 20 parallel log-ins with one code', async () => {
    const person = await identity.newPerson();
    const code = await identity.codeOf(person);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(withCode(person, code))));
    expect(outcomes.filter((outcome) => outcome === 'OK')).toHaveLength(1);
    for (const outcome of outcomes) expect(['OK', 'INVALID_CREDENTIALS', 'RATE_LIMITED']).toContain(outcome);
    const sessions = await identity.sql('SELECT id FROM session WHERE user_id = $1', [person.id]);
    expect(sessions).toHaveLength(1);
    // Replays are no guesses: the next code still logs in.
    expect(await outcomeOf(withCode(person, await identity.codeOf(person, 1)))).toBe('OK');
  });

  it('takes each recovery code once, also in parallel', async () => {
    const person = await identity.newPerson();
    const [one = '', two = ''] = person.recoveryCodes;
    expect(person.recoveryCodes).toHaveLength(10);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(withCode(person, one))));
    expect(outcomes.filter((outcome) => outcome === 'OK')).toHaveLength(1);
    expect(await outcomeOf(withCode(person, one))).not.toBe('OK');
    identity.clock.advance(900);
    expect(await outcomeOf(withCode(person, two.toUpperCase().replaceAll('-', ' ')))).toBe('OK');
  });

  it("refuses another person's recovery code and leaves it unused", async () => {
    const [person, other] = [await identity.newPerson(), await identity.newPerson()];
    const [code = ''] = other.recoveryCodes;
    expect(await outcomeOf(withCode(person, code))).toBe('INVALID_CREDENTIALS');
    expect(await outcomeOf({ ...withCode(other, code), password: 'not the password' })).toBe('INVALID_CREDENTIALS');
    expect(await outcomeOf(withCode(other, code))).toBe('OK');
  });

  it('answers alike for an unknown name, a wrong password, a wrong code, and a person pending or disabled', async () => {
    const person = await identity.newPerson();
    const disabled = await identity.newPerson();
    await identity.sql(`UPDATE "user" SET status = 'DISABLED' WHERE id = $1`, [disabled.id]);
    const pending = { username: `pending${person.username}`, password: 'a password of theirs' };
    const registration = { ...pending, email: 'p@example.org', displayName: 'P' };
    await identity.call(documents.REGISTER, { input: registration });
    const code = await identity.codeOf(person);
    const answers = await Promise.all([
      attempt({ username: 'nobody-has-this', password: person.password, code }),
      attempt({ username: 'x\u0000 or 1=1', password: person.password, code }),
      attempt({ ...withCode(person, code), password: 'not the password' }),
      attempt({ ...withCode(person, code), password: '' }),
      attempt(withCode(person, '000000' === code ? '000001' : '000000')),
      attempt(withCode(person, '')),
      attempt(withCode(disabled, await identity.codeOf(disabled))),
      attempt({ ...pending, code }),
    ]);
    const first = answers[0];
    for (const answer of answers) expect(answer).toEqual(first);
    expect(first?.data?.logIn).toMatchObject({
      accessToken: null,
      session: null,
      viewer: null,
      refusal: { code: 'INVALID_CREDENTIALS' },
    });
  });

  it('hashes no password above the longest: INVALID_INPUT', async () => {
    const { data } = await attempt({ username: 'whoever', password: 'x'.repeat(1_000_000), code: '123456' });
    expect(data?.logIn.refusal).toMatchObject({ code: 'INVALID_INPUT', path: ['password'] });
  });

  it('slows guessers down without locking the owner out', async () => {
    const person = await identity.newPerson();
    const guess = { ...withCode(person, '123456'), password: 'a guess' };
    for (let index = 0; index < 10; index += 1) expect(await outcomeOf(guess)).toBe('INVALID_CREDENTIALS');
    const { status, errors } = await attempt(guess);
    expect(errors[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 900 });
    expect([200, 429]).toContain(status);
    const [counter] = await identity.sql<{ key: string }>(
      "SELECT key FROM failure_counter WHERE key LIKE 'password:%' AND failures = 10",
    );
    expect(counter?.key).not.toContain(person.username);
    // The same name from elsewhere is counted apart: see test/identity/domain/throttle.test.ts. Here the window ends.
    identity.clock.advance(900);
    expect(await outcomeOf(withCode(person, await identity.codeOf(person)))).toBe('OK');
  });

  it('lets an owner in from a flooded network where they logged in within a day, and nobody else', async () => {
    const [owner, newcomer] = [await identity.newPerson(), await identity.newPerson()];
    await identity.logIn(owner);
    identity.clock.advance(23 * 3_600);
    const guess = { username: 'nobody-at-all', password: 'a guess', code: '123456' };
    const flood = async (): Promise<void> => {
      expect(await outcomeOf(guess)).toBe('INVALID_CREDENTIALS');
      await identity.sql("UPDATE failure_counter SET failures = 1000 WHERE key = 'network:192.0.2.1'");
    };
    await flood();
    const { errors } = await attempt(guess);
    expect(errors[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 900 });
    expect(await outcomeOf(withCode(newcomer, await identity.codeOf(newcomer)))).toBe('RATE_LIMITED');
    expect(await outcomeOf({ ...withCode(owner, '123456'), password: 'a guess' })).toBe('INVALID_CREDENTIALS');
    expect(await outcomeOf(withCode(owner, await identity.codeOf(owner)))).toBe('OK');
    // The log-in began the day anew; after a day without one the network's limit counts again.
    identity.clock.advance(24 * 3_600);
    await flood();
    expect(await outcomeOf(withCode(owner, await identity.codeOf(owner)))).toBe('RATE_LIMITED');
    identity.clock.advance(900);
    expect(await outcomeOf(withCode(owner, await identity.codeOf(owner)))).toBe('OK');
  });

  it('bounds guesses of the code, also in parallel: after ten wrong ones a right one must wait', async () => {
    const person = await identity.newPerson();
    const code = await identity.codeOf(person);
    const wrong = code === '111111' ? '222222' : '111111';
    await Promise.all(Array.from({ length: 10 }, () => outcomeOf(withCode(person, wrong))));
    expect(await outcomeOf(withCode(person, code))).toBe('RATE_LIMITED');
    identity.clock.advance(900);
    expect(await outcomeOf(withCode(person, await identity.codeOf(person)))).toBe('OK');
  });

  it('bounds guesses of the password in parallel as in a row, and then answers the right one as the wrong ones', async () => {
    const person = await identity.newPerson();
    const guess = { ...withCode(person, await identity.codeOf(person)), password: 'a guess' };
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => outcomeOf(guess)));
    expect(outcomes.filter((outcome) => outcome === 'INVALID_CREDENTIALS')).toHaveLength(10);
    expect(outcomes.filter((outcome) => outcome === 'RATE_LIMITED')).toHaveLength(20);
    expect(await outcomeOf(withCode(person, await identity.codeOf(person)))).toBe('RATE_LIMITED');
    expect(await outcomeOf(guess)).toBe('RATE_LIMITED');
  });

  it('answers 200 parallel log-ins, each with an answer or RATE_LIMITED', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_value, index) =>
        outcomeOf({ username: `nobody${index}`, password: 'whatever it is', code: '123456' }),
      ),
    );
    const others = outcomes.filter((outcome) => !['INVALID_CREDENTIALS', 'RATE_LIMITED'].includes(outcome));
    expect(others).toEqual([]);
  });

  it('writes an audit entry for each success and failure, without what was typed', async () => {
    const person = await identity.newPerson();
    await outcomeOf({ ...withCode(person, '123456'), password: 'secret guess' });
    await outcomeOf(withCode(person, await identity.codeOf(person)));
    const entries = await identity.sql<{ outcome: string; detail: object }>(
      "SELECT outcome, detail FROM platform.audit_entry WHERE action = 'logIn' AND target = $1 ORDER BY id",
      [person.id],
    );
    expect(entries).toMatchObject([
      { outcome: 'INVALID_CREDENTIALS', detail: { failure: 'PASSWORD' } },
      { outcome: 'OK', detail: { factor: 'TOTP' } },
    ]);
  });
});
