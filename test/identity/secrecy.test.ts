import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IdentityHarness, startIdentityHarness, type TestPerson } from './support/identityHarness.js';
import { runMutation } from './support/runMutation.js';

let identity: IdentityHarness;

beforeAll(async () => {
  identity = await startIdentityHarness();
});
afterAll(() => identity.stop());

/** Every row of every table, as text; bytes as hex. */
async function everythingStored(): Promise<string> {
  const tables = await identity.sql<{ name: string }>(
    `SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
     WHERE schemaname IN ('public', 'platform', 'graphile_worker')`,
  );
  const texts: string[] = [];
  for (const { name } of tables) texts.push(JSON.stringify(await identity.sql(`SELECT row::text FROM ${name} AS row`)));
  return texts.join('\n');
}

/** What later flows give out and take in. */
async function laterSecrets(person: TestPerson): Promise<readonly string[]> {
  const { username, password, recoveryCodes } = person;
  type Fields = Readonly<Record<string, unknown>>;
  const run = async (name: string, input: object, selection: string, token?: string): Promise<Fields> => {
    const options = token === undefined ? {} : { token };
    const { payload, outcome } = await runMutation<Record<string, unknown>>(identity, name, input, selection, options);
    if (outcome !== 'OK') throw new Error(`${name}: ${outcome}`);
    return { ...payload };
  };
  const credentials = { username, password, code: recoveryCodes[0], rememberDevice: true };
  const opened = await run('logIn', credentials, 'accessToken deviceToken');
  const token = String(opened['accessToken']);
  const started = await run('startDeviceLogin', { clientName: 'cli' }, 'deviceCode userCode');
  const { deviceCode, userCode } = started;
  await run('approveDeviceLogin', { userCode }, '', token);
  const polled = await run('pollDeviceLogin', { deviceCode }, 'accessToken refreshToken');
  const proof = (index: number) => ({ password, code: recoveryCodes[index] });
  const replaced = await run('replaceTotp', proof(1), 'totp { secret } enrolmentToken', token);
  const fresh = await run('regenerateRecoveryCodes', proof(2), 'recoveryCodes', token);
  const [code] = fresh['recoveryCodes'] as string[];
  const newPassword = 'a password after another';
  await run('changePassword', { password, code, newPassword }, '', token);
  const keyWish = { name: 'x', scopes: ['storage:read'], expiresAt: new Date(Date.now() + 3_600_000).toISOString() };
  const [, second] = fresh['recoveryCodes'] as string[];
  const keyProof = { idempotencyKey: 'k', password: newPassword, code: second };
  const key = await run('createPersonalAccessKey', { ...keyWish, ...keyProof }, 'secret', token);
  const { secret } = key;
  const keys = await run('exchangePersonalAccessKey', { secret }, 'accessToken');
  const operator = (await identity.logIn(await identity.operator())).accessToken;
  const wish = { idempotencyKey: 's', name: 'a program', scopes: ['accounting:usage'] };
  const account = await run('createServiceAccount', wish, 'clientId clientSecret', operator);
  const { clientId, clientSecret } = account;
  const rotation = { idempotencyKey: 'r', serviceAccountId: clientId };
  const rotated = await run('rotateServiceAccountSecret', rotation, 'clientSecret', operator);
  const programs = await run('issueServiceToken', { clientId, clientSecret }, 'accessToken');
  await run('rotateSigningKey', { idempotencyKey: 'y' }, '', operator);
  await run('rotateKeyEncryptionKey', { idempotencyKey: 'z' }, '', operator);
  const wrongKey = `${String(secret).slice(0, -1)}!`;
  await identity.call(
    'mutation ($input: ExchangePersonalAccessKeyInput!) { exchangePersonalAccessKey(input: $input) { refusal { code } } }',
    { input: { secret: wrongKey } },
  );
  const kek = await readFile(join(identity.home, 'keys', 'identity', 'key-encryption.key'), 'utf8');
  return [
    ...[token, secret, wrongKey, keys['accessToken'], clientSecret, rotated['clientSecret'], programs['accessToken']],
    kek.trim(),
    ...[opened['deviceToken'], deviceCode, userCode, String(userCode).replace('-', ''), newPassword],
    ...[polled['accessToken'], polled['refreshToken'], replaced['enrolmentToken']],
    (replaced['totp'] as { secret: string }).secret,
    ...(fresh['recoveryCodes'] as string[]),
  ].map(String);
}

const asHex = (text: string): string => Buffer.from(text).toString('hex');

describe('secrets', () => {
  it('stand in no table, no audit entry and no log', async () => {
    const person = await identity.newPerson();
    const session = await identity.logIn(person);
    const wrong = { username: person.username, password: 'a wrong password', code: '123456' };
    await identity.call('mutation ($input: LogInInput!) { logIn(input: $input) { refusal { code } } }', {
      input: wrong,
    });
    const mistyped = { username: 'my-password-in-the-wrong-field', password: 'whatever', code: '123456' };
    await identity.call('mutation ($input: LogInInput!) { logIn(input: $input) { refusal { code } } }', {
      input: mistyped,
    });
    const refreshed = await identity.call<{ refreshSession: { refreshToken: string } }>(
      'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { refreshToken } }',
      { input: { refreshToken: session.refreshToken } },
    );
    const later = await laterSecrets(person);
    const operator = await identity.operator();
    const controller = JSON.parse(await readFile(join(identity.home, 'controllers', 'local.json'), 'utf8'));
    const secrets = [
      ...later,
      person.password,
      person.totpSecret,
      ...person.recoveryCodes,
      ...person.recoveryCodes.map((code) => code.replaceAll('-', '')),
      session.accessToken,
      session.refreshToken,
      refreshed.data?.refreshSession.refreshToken ?? '',
      operator.password,
      operator.totpSecret,
      controller.clientSecret,
      wrong.password,
      mistyped.username,
    ];
    const places = { stored: await everythingStored(), logged: identity.logged() };
    expect(places.stored).toContain(person.username);
    for (const [place, text] of Object.entries(places)) {
      for (const secret of secrets) {
        expect(secret.length).toBeGreaterThan(5);
        expect(text.includes(secret) || text.includes(asHex(secret)), `${secret} in what is ${place}`).toBe(false);
      }
    }
  });

  it('that sign tokens are sealed', async () => {
    const [key] = await identity.sql<{ private_jwk: Buffer }>('SELECT private_jwk FROM signing_key');
    expect(key?.private_jwk.includes('"d"')).toBe(false);
  });
});
