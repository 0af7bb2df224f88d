import type { IdentityHarness, TestPerson } from './identityHarness.js';
import { runMutation } from './runMutation.js';

/** A factor that waits for its first code. */
interface Begun {
  readonly totpSecret: string;
  readonly enrolmentToken: string;
}

/** Begins to replace a person's factor with the code of now. @throws Error where that is refused */
export async function beginReplacement(
  identity: Pick<IdentityHarness, 'call' | 'codeOf'>,
  person: Pick<TestPerson, 'password' | 'totpSecret'>,
  token: string,
): Promise<Begun> {
  const { payload, outcome } = await runMutation<{ totp: { secret: string }; enrolmentToken: string }>(
    identity,
    'replaceTotp',
    { password: person.password, code: await identity.codeOf(person) },
    'totp { secret } enrolmentToken',
    { token },
  );
  if (payload?.totp == null || payload.enrolmentToken === null) throw new Error(outcome);
  return { totpSecret: payload.totp.secret, enrolmentToken: payload.enrolmentToken };
}
