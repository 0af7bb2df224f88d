import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IdentityHarness, startIdentityHarness, type TestPerson } from '../support/identityHarness.js';
import { runMutation } from '../support/runMutation.js';

let identity: IdentityHarness;

beforeAll(async () => {
  identity = await startIdentityHarness();
});
afterAll(() => identity.stop());

interface Begun {
  readonly totp: { secret: string; uri: string; qrCodeSvg: string };
  readonly enrolmentToken: string;
}

/** Moves to the next step and begins a replacement with its code. */
async function begin(token: string, person: TestPerson, wrong: object = {}) {
  identity.clock.advance(30);
  const input = { password: person.password, code: await identity.codeOf(person), ...wrong };
  return runMutation<Begun>(identity, 'replaceTotp', input, 'totp { secret uri qrCodeSvg } enrolmentToken', { token });
}

const confirm = (enrolmentToken: string, code: string) =>
  runMutation<{ user: { id: string; status: string }; recoveryCodes: string[] }>(
    identity,
    'confirmTotp',
    { enrolmentToken, code },
    'user { id status } recoveryCodes',
  );

async function logInOutcome(person: TestPerson, totpSecret: string): Promise<string> {
  identity.clock.advance(30);
  const { username, password } = person;
  return (await runMutation(identity, 'logIn', { username, password, code: await identity.codeOf({ totpSecret }) }))
    .outcome;
}

async function signedIn() {
  const person = await identity.newPerson();
  return { person, token: (await identity.logIn(person)).accessToken };
}

describe('replaceTotp', () => {
  it('shows a new secret, and ends the old one when a code of the new one confirms it', async () => {
    const { person, token } = await signedIn();
    const { payload } = await begin(token, person);
    const secret = payload?.totp?.secret ?? '';
    expect(payload?.totp?.uri).toContain(`secret=${secret}`);
    expect(payload?.totp?.qrCodeSvg).toContain('<svg');
    expect(secret).not.toBe(person.totpSecret);
    // Until then the old one stays good and the new one is not.
    expect(await logInOutcome(person, person.totpSecret)).toBe('OK');
    expect(await logInOutcome(person, secret)).toBe('INVALID_CREDENTIALS');
    const code = await identity.codeOf({ totpSecret: secret });
    const confirmed = await confirm(payload?.enrolmentToken ?? '', code);
    expect(confirmed.payload).toEqual({
      user: { id: person.id, status: 'ACTIVE' },
      recoveryCodes: null,
      refusal: null,
    });
    // The code that confirmed does not log in either.
    const replay = { username: person.username, password: person.password, code };
    expect((await runMutation(identity, 'logIn', replay)).outcome).toBe('INVALID_CREDENTIALS');
    expect(await logInOutcome(person, person.totpSecret)).toBe('INVALID_CREDENTIALS');
    expect(await logInOutcome(person, secret)).toBe('OK');
  });

  it('leaves the recovery codes and the sessions as they are, and takes a recovery code as the proof', async () => {
    const { person, token } = await signedIn();
    const [lost = '', kept = ''] = person.recoveryCodes;
    const { payload } = await begin(token, person, { code: lost });
    await confirm(payload?.enrolmentToken ?? '', await identity.codeOf({ totpSecret: payload?.totp?.secret ?? '' }));
    const { username, password } = person;
    expect((await runMutation(identity, 'logIn', { username, password, code: lost })).outcome).toBe(
      'INVALID_CREDENTIALS',
    );
    expect((await runMutation(identity, 'logIn', { username, password, code: kept })).outcome).toBe('OK');
    expect((await identity.call('{ viewer { scopes } }', {}, { token })).status).toBe(200);
  });

  it('refuses a wrong code of the new one with INVALID_CODE, and an old or spent token with ENROLMENT_EXPIRED', async () => {
    const { person, token } = await signedIn();
    const { payload } = await begin(token, person);
    const totpSecret = payload?.totp?.secret ?? '';
    const enrolmentToken = payload?.enrolmentToken ?? '';
    expect((await confirm(enrolmentToken, await identity.codeOf(person, 5))).outcome).toBe('INVALID_CODE');
    expect((await confirm(enrolmentToken, await identity.codeOf({ totpSecret }))).outcome).toBe('OK');
    expect((await confirm(enrolmentToken, await identity.codeOf({ totpSecret }, 1))).outcome).toBe('ENROLMENT_EXPIRED');
    const next = await begin(token, { ...person, totpSecret });
    identity.clock.advance(3_600);
    const late = await identity.codeOf({ totpSecret: next.payload?.totp?.secret ?? '' });
    expect((await confirm(next.payload?.enrolmentToken ?? '', late)).outcome).toBe('ENROLMENT_EXPIRED');
  });

  it('voids a replacement that was begun before', async () => {
    const { person, token } = await signedIn();
    const [first, second] = [await begin(token, person), await begin(token, person)];
    const codeOf = (begun: typeof first) => identity.codeOf({ totpSecret: begun.payload?.totp?.secret ?? '' });
    expect((await confirm(first.payload?.enrolmentToken ?? '', await codeOf(first))).outcome).toBe('ENROLMENT_EXPIRED');
    expect((await confirm(second.payload?.enrolmentToken ?? '', await codeOf(second))).outcome).toBe('OK');
  });

  it('gives somebody who was disabled meanwhile no other factor', async () => {
    const { person, token } = await signedIn();
    const { payload } = await begin(token, person);
    await identity.sql(`UPDATE "user" SET status = 'DISABLED' WHERE id = $1`, [person.id]);
    const code = await identity.codeOf({ totpSecret: payload?.totp?.secret ?? '' });
    expect((await confirm(payload?.enrolmentToken ?? '', code)).outcome).toBe('ENROLMENT_EXPIRED');
  });

  it.each([
    ['wrong password', { password: 'not the password' }],
    ['wrong code', { code: '000000' }],
  ])('is refused INVALID_CREDENTIALS with a %s', async (_name, wrong) => {
    const { person, token } = await signedIn();
    const { payload } = await begin(token, person, wrong);
    expect(payload).toEqual({ totp: null, enrolmentToken: null, refusal: { code: 'INVALID_CREDENTIALS' } });
  });

  it('is for people in person', async () => {
    const input = { password: 'whatever it is', code: '000000' };
    expect((await runMutation(identity, 'replaceTotp', input)).outcome).toBe('UNAUTHENTICATED');
    expect((await runMutation(identity, 'replaceTotp', input, '', { as: 'access' })).outcome).toBe('FORBIDDEN');
  });

  it('leaves an audit entry for each step, without the secret', async () => {
    const { person, token } = await signedIn();
    const { payload } = await begin(token, person);
    await confirm(payload?.enrolmentToken ?? '', await identity.codeOf({ totpSecret: payload?.totp?.secret ?? '' }));
    const entries = await identity.sql(
      `SELECT action, outcome, detail FROM platform.audit_entry
       WHERE target = $1 AND action IN ('replaceTotp', 'confirmTotp') ORDER BY id`,
      [person.id],
    );
    expect(entries).toEqual([
      { action: 'confirmTotp', outcome: 'OK', detail: { replaces: false } },
      { action: 'replaceTotp', outcome: 'OK', detail: null },
      { action: 'confirmTotp', outcome: 'OK', detail: { replaces: true } },
    ]);
    expect(JSON.stringify(entries)).not.toContain(payload?.totp?.secret);
  });
});
