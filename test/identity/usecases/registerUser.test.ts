import { verify } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents, type IdentityHarness, type Payload, startIdentityHarness } from '../support/identityHarness.js';

let identity: IdentityHarness;

beforeAll(async () => {
  identity = await startIdentityHarness();
});
afterAll(() => identity.stop());

interface Registered {
  readonly registerUser: Payload<{
    user: { id: string; username: string; displayName: string; email: string; status: string; createdAt: string };
    totp: { secret: string; uri: string; qrCodeSvg: string };
    enrolmentToken: string;
  }>;
}

const valid = { username: 'ada', password: 'analytical engine', email: 'ada@example.org', displayName: 'Ada Lovelace' };

const register = (input: Partial<typeof valid>, from: IdentityHarness = identity) =>
  from.call<Registered>(documents.REGISTER, { input: { ...valid, ...input } });

const countUsers = async (): Promise<number> =>
  Number((await identity.sql<{ count: string }>('SELECT count(*) FROM "user"'))[0]?.count);

describe('registerUser', () => {
  it('registers a pending person and begins the enrolment', async () => {
    const { data } = await register({ username: 'Grace', displayName: '  Grace Hopper ' });
    const payload = data?.registerUser;
    expect(payload).toMatchObject({
      user: { username: 'grace', displayName: 'Grace Hopper', email: 'ada@example.org', status: 'PENDING' },
      refusal: null,
    });
    expect(payload?.user?.id).toMatch(/^usr_/);
    expect(payload?.enrolmentToken).toMatch(/^tge_[\w-]{43}$/);
    expect(payload?.totp?.uri).toContain(`secret=${payload?.totp?.secret}`);
    expect(payload?.totp?.qrCodeSvg).toContain('<svg');
  });

  it.each([
    ['username', 'ab', 'INVALID_INPUT'],
    ['username', 'a b c', 'INVALID_INPUT'],
    ['username', 'аdmin', 'INVALID_INPUT'],
    ['password', 'short', 'INVALID_INPUT'],
    ['password', 'x'.repeat(1025), 'INVALID_INPUT'],
    ['password', 'Password1', 'PASSWORD_TOO_COMMON'],
    ['email', 'nobody', 'INVALID_INPUT'],
    ['displayName', '', 'INVALID_INPUT'],
    ['displayName', 'x'.repeat(201), 'INVALID_INPUT'],
    ['displayName', 'right\u202eto left', 'INVALID_INPUT'],
    ['displayName', 'a\u0000b', 'INVALID_INPUT'],
  ])('refuses %s %j with %s', async (field, value, code) => {
    const before = await countUsers();
    const { data } = await register({ username: 'refused', [field]: value });
    expect(data?.registerUser).toMatchObject({
      user: null,
      totp: null,
      enrolmentToken: null,
      refusal: { code, path: [field] },
    });
    expect(await countUsers()).toBe(before);
  });

  it('refuses a name that somebody has, in any case, also in parallel', async () => {
    const answers = await Promise.all(['Twin', 'TWIN', 'twin', 'tWIN'].map((username) => register({ username })));
    const codes = answers.map(({ data }) => data?.registerUser.refusal?.code ?? 'OK').sort();
    expect(codes).toEqual(['OK', 'USERNAME_TAKEN', 'USERNAME_TAKEN', 'USERNAME_TAKEN']);
    const { data } = await register({ username: 'operator' });
    expect(data?.registerUser.refusal?.code).toBe('USERNAME_TAKEN');
  });

  it('gives the name of an enrolment that was never finished to the next, and keeps the id', async () => {
    const first = (await register({ username: 'unfinished' })).data?.registerUser.user?.id;
    identity.clock.advance(3_599);
    expect((await register({ username: 'unfinished' })).data?.registerUser.refusal?.code).toBe('USERNAME_TAKEN');
    identity.clock.advance(1);
    expect((await register({ username: 'unfinished' })).data?.registerUser.refusal).toBeNull();
    const [erased] = await identity.sql('SELECT username, email, password_hash, status FROM "user" WHERE id = $1', [
      first,
    ]);
    expect(erased).toEqual({ username: null, email: null, password_hash: null, status: 'DISABLED' });
  });

  it('takes a password in any composition of its characters', async () => {
    await register({ username: 'cafe', password: 'Cafe\u0301 au lait' });
    const [{ password_hash: hash } = { password_hash: '' }] = await identity.sql<{ password_hash: string }>(
      `SELECT password_hash FROM "user" WHERE username = 'cafe'`,
    );
    expect(await verify(hash, 'Caf\u00e9 au lait')).toBe(true);
  });

  it('answers REGISTRATION_CLOSED where it is closed, whatever is sent', async () => {
    const closed = await startIdentityHarness({ registrationOpen: false });
    try {
      const { data } = await register({ username: '?' }, closed);
      expect(data?.registerUser).toMatchObject({ user: null, refusal: { code: 'REGISTRATION_CLOSED' } });
    } finally {
      await closed.stop();
    }
  });

  it('writes an audit entry for success and refusal', async () => {
    const entries = await identity.sql<{ outcome: string }>(
      "SELECT DISTINCT outcome FROM platform.audit_entry WHERE action = 'registerUser'",
    );
    expect(entries.map(({ outcome }) => outcome).sort()).toEqual([
      'INVALID_INPUT',
      'OK',
      'PASSWORD_TOO_COMMON',
      'USERNAME_TAKEN',
    ]);
  });

  it('turns a flood of registrations away with RATE_LIMITED while a log-in goes on', async () => {
    const person = await identity.newPerson();
    identity.clock.advance(900);
    const flood = Array.from({ length: 150 }, (_value, index) => register({ username: `flood${index}` }));
    const session = await identity.logIn(person);
    expect(session.accessToken).toMatch(/^eyJ/);
    const faults = (await Promise.all(flood)).flatMap(({ errors }) => errors);
    expect(faults.length).toBeGreaterThanOrEqual(50);
    for (const { extensions } of faults) {
      expect(extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) });
    }
    // The network has had its hundred: the next waits for the window's end.
    const [last] = (await register({ username: 'onemore' })).errors;
    expect(last?.extensions).toMatchObject({ code: 'RATE_LIMITED' });
    expect(Number(last?.extensions.retryAfterSeconds)).toBeGreaterThan(800);
    identity.clock.advance(900);
    expect((await register({ username: 'onemore' })).data?.registerUser.refusal).toBeNull();
  });
});
