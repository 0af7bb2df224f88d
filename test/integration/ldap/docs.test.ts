import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { readIdentityConfig } from '../../../subgraphs/identity/config.js';
import { type IdentityHarness, startIdentityHarness } from '../../identity/support/identityHarness.js';
import { mutate } from '../../identity/support/mutate.js';
import { startSlapd, tree } from '../services/slapd.js';

const page = readFileSync(join(packageRoot, 'docs', 'directory.md'), 'utf8');

/** The first log-in as the page shows it: the operation, and its variables with what is to be replaced. */
const [, firstLogIn = '', itsVariables = ''] =
  /^```graphql\n(mutation FirstLogIn[\s\S]*?)^```\n```json\n([\s\S]*?)^```/m.exec(page) ?? [];

interface Answered {
  readonly accessToken: string | null;
  readonly refusal: {
    readonly code: string;
    readonly enrolmentToken?: string;
    readonly totp?: { readonly secret: string; readonly uri: string; readonly qrCodeSvg: string };
  } | null;
}

/** Follows the page from the first log-in, whose code is empty, to a session. */
async function followFirstLogIn(identity: IdentityHarness): Promise<Answered> {
  const variables = JSON.parse(itsVariables.replace("<the directory's>", 'alice-password')) as { input: object };
  const logIn = async (code?: string): Promise<Answered | undefined> => {
    const input = { ...variables.input, ...(code === undefined ? {} : { code }) };
    const answer = await identity.call<{ logIn: Answered }>(firstLogIn, { input });
    expect(answer.errors).toEqual([]);
    return answer.data?.logIn;
  };
  const refusal = (await logIn())?.refusal;
  expect(refusal).toMatchObject({
    code: 'TOTP_REQUIRED',
    totp: { uri: expect.stringMatching(/^otpauth:/), qrCodeSvg: expect.stringMatching(/^<svg/) },
  });
  const totpSecret = refusal?.totp?.secret ?? '';
  const code = await identity.codeOf({ totpSecret });
  const confirm = { enrolmentToken: refusal?.enrolmentToken, code };
  const confirmed = await mutate(identity, 'confirmTotp', confirm, 'user { status } recoveryCodes', null);
  expect(confirmed.payload).toMatchObject({ user: { status: 'ACTIVE' }, refusal: null });
  // The code that confirmed does not log in; the next one does.
  expect((await logIn(code))?.refusal?.code).toBe('INVALID_CREDENTIALS');
  identity.clock.advance(30);
  const done = await logIn(await identity.codeOf({ totpSecret }));
  if (done === undefined) throw new Error('no answer');
  return done;
}

it('the example in docs/directory.md configures identity for a directory, and its first log-in can be followed', async () => {
  const example = /^```sh\n([\s\S]*?)^```/m.exec(page)?.[1] ?? '';
  const variables = Object.fromEntries(
    [...example.matchAll(/^(\w+)='([^']*)'$/gm)].map(([, name = '', value]) => [name, value]),
  );
  expect(Object.keys(variables)).toHaveLength(8);
  expect(firstLogIn).not.toBe('');
  const slapd = await startSlapd();
  await slapd.addPerson('alice');
  const member = tree.personOf('alice');
  await slapd.add(tree.groupOf('lab'), { objectClass: 'groupOfNames', cn: 'lab', member });
  await slapd.add(tree.groupOf('lab-heads'), { objectClass: 'groupOfNames', cn: 'lab-heads', member });
  const identity = await startIdentityHarness(
    readIdentityConfig({
      ...variables,
      // What is another on every machine.
      IDENTITY_LDAP_URL: slapd.ldaps,
      IDENTITY_LDAP_CA_FILE: slapd.caFile,
      IDENTITY_LDAP_BIND_PASSWORD: tree.reader.password,
    }),
  );
  expect(await followFirstLogIn(identity)).toEqual({ accessToken: expect.any(String), refusal: null });
  expect(
    await identity.sql(
      'SELECT name, role, source FROM group_member JOIN "group" ON "group".id = group_id WHERE source = \'DIRECTORY\'',
    ),
  ).toEqual([{ name: 'Physics Lab', role: 'ADMIN', source: 'DIRECTORY' }]);
  await identity.stop();
  await slapd.stop();
});
