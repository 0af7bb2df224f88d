import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents, type IdentityHarness, type Payload, startIdentityHarness } from '../support/identityHarness.js';

let identity: IdentityHarness;

beforeAll(async () => {
  identity = await startIdentityHarness();
});
afterAll(() => identity.stop());

interface Enrolling {
  readonly totpSecret: string;
  readonly enrolmentToken: string;
}

let counter = 0;

async function enrol(): Promise<Enrolling> {
  counter += 1;
  const username = `enrolling${counter}`;
  const input = { username, password: 'a password for it', email: 'e@example.org', displayName: 'E' };
  const { data } = await identity.call<{
    registerUser: Payload<{ totp: { secret: string }; enrolmentToken: string }>;
  }>(documents.REGISTER, { input });
  return {
    totpSecret: data?.registerUser.totp?.secret ?? '',
    enrolmentToken: data?.registerUser.enrolmentToken ?? '',
  };
}

async function confirm(enrolmentToken: string, code: string) {
  const { data } = await identity.call<{
    confirmTotp: Payload<{ user: { id: string; status: string }; recoveryCodes: string[] }>;
  }>(documents.CONFIRM, { input: { enrolmentToken, code } });
  return data?.confirmTotp;
}

describe('confirmTotp', () => {
  it('makes the person active and gives ten recovery codes', async () => {
    const { enrolmentToken, totpSecret } = await enrol();
    const payload = await confirm(enrolmentToken, await identity.codeOf({ totpSecret }));
    expect(payload).toMatchObject({ user: { status: 'ACTIVE' }, refusal: null });
    expect(payload?.recoveryCodes).toHaveLength(10);
    expect(new Set(payload?.recoveryCodes).size).toBe(10);
    for (const code of payload?.recoveryCodes ?? []) expect(code).toMatch(/^[0-9a-z]{4}(-[0-9a-z]{4}){5}$/);
  });

  it('refuses a wrong code with INVALID_CODE and lets the person try again', async () => {
    const { enrolmentToken, totpSecret } = await enrol();
    expect((await confirm(enrolmentToken, await identity.codeOf({ totpSecret }, 3)))?.refusal?.code).toBe(
      'INVALID_CODE',
    );
    expect((await confirm(enrolmentToken, 'abc'))?.refusal?.code).toBe('INVALID_CODE');
    expect((await confirm(enrolmentToken, await identity.codeOf({ totpSecret })))?.refusal).toBeNull();
  });

  it('refuses a token that is unknown, spent or an hour old with ENROLMENT_EXPIRED', async () => {
    expect((await confirm('tge_unknown', '123456'))?.refusal?.code).toBe('ENROLMENT_EXPIRED');
    const spent = await enrol();
    const code = await identity.codeOf(spent);
    expect((await confirm(spent.enrolmentToken, code))?.refusal).toBeNull();
    expect(await confirm(spent.enrolmentToken, code)).toMatchObject({
      user: null,
      recoveryCodes: null,
      refusal: { code: 'ENROLMENT_EXPIRED' },
    });
    const old = await enrol();
    identity.clock.advance(3_600);
    expect((await confirm(old.enrolmentToken, await identity.codeOf(old)))?.refusal?.code).toBe('ENROLMENT_EXPIRED');
  });

  it('confirms once, also in parallel', async () => {
    const enrolling = await enrol();
    const code = await identity.codeOf(enrolling);
    const payloads = await Promise.all(Array.from({ length: 20 }, () => confirm(enrolling.enrolmentToken, code)));
    expect(payloads.filter((payload) => payload?.refusal === null)).toHaveLength(1);
  });
});
