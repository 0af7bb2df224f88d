import { totpCode } from '../subgraphs/identity/adapters/totp.js';

/** A person who can log in, with recovery codes. */
export interface BenchPerson {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly totpSecret: string;
  readonly recoveryCodes: readonly string[];
}

const REGISTER = `mutation ($input: RegisterUserInput!) { registerUser(input: $input) {
  user { id } totp { secret } enrolmentToken refusal { code } } }`;
const CONFIRM =
  'mutation ($input: ConfirmTotpInput!) { confirmTotp(input: $input) { recoveryCodes refusal { code } } }';

/** Registers a person and confirms the factor. @throws Error where that is refused: the run is void then */
export async function registerPerson(
  call: <Data>(query: string, variables: object) => Promise<Data>,
  username: string,
): Promise<BenchPerson> {
  const password = `a long password of ${username}`;
  const input = { username, password, email: `${username}@example.org`, displayName: username };
  const { registerUser } = await call<{
    registerUser: { user: { id: string }; totp: { secret: string }; enrolmentToken: string };
  }>(REGISTER, { input });
  const totpSecret = registerUser.totp.secret;
  const code = await totpCode(totpSecret, new Date());
  const { confirmTotp } = await call<{ confirmTotp: { recoveryCodes: string[] | null } }>(CONFIRM, {
    input: { enrolmentToken: registerUser.enrolmentToken, code },
  });
  if (confirmTotp.recoveryCodes === null) throw new Error('The run is void: a factor was not confirmed.');
  return { id: registerUser.user.id, username, password, totpSecret, recoveryCodes: confirmTotp.recoveryCodes };
}
