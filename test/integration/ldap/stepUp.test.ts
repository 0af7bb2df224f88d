import { afterAll, beforeAll, expect, it } from 'vitest';
import type { IdentityHarness } from '../../identity/support/identityHarness.js';
import { codeOf, mutate } from '../../identity/support/mutate.js';
import { type Slapd, startSlapd } from '../services/slapd.js';
import { logIn, startWithDirectory, trail } from './support.js';

let slapd: Slapd;
let identity: IdentityHarness;
let token: string;
let userId: string;

beforeAll(async () => {
  slapd = await startSlapd();
  await slapd.addPerson('alice');
  identity = await startWithDirectory(slapd);
  const session = await logIn(identity, 'alice');
  token = session.accessToken;
  userId = session.user.id;
});
afterAll(async () => {
  await identity.stop();
  await slapd.stop();
});

const regenerate = async (password: string) =>
  codeOf(await mutate(identity, 'regenerateRecoveryCodes', { password, code: '' }, 'recoveryCodes', token));

it('the password is shown to the directory once more', async () => {
  expect(await regenerate('alice-password')).toBe('OK');
  expect(await regenerate('not the password')).toBe('INVALID_CREDENTIALS');
  expect(await regenerate('')).toBe('INVALID_CREDENTIALS');
});

it('a password of the directory is changed there: none is ever kept here', async () => {
  const input = { password: 'alice-password', code: '', newPassword: 'a password of our own' };
  const change = () => mutate(identity, 'changePassword', input, 'user { id }', token);
  expect(codeOf(await change())).toBe('PASSWORD_OF_DIRECTORY');
  expect((await trail(identity, 'changePassword')).at(-1)).toMatchObject({
    target: userId,
    outcome: 'PASSWORD_OF_DIRECTORY',
  });
  const hashes = await identity.sql('SELECT password_hash FROM "user" WHERE id = $1', [userId]);
  expect(hashes).toEqual([{ password_hash: null }]);
});

it('while the directory is away nobody knows', async () => {
  await slapd.pause();
  expect(await regenerate('alice-password')).toBe('DIRECTORY_UNAVAILABLE');
  await slapd.resume();
  expect(await regenerate('alice-password')).toBe('OK');
});

it('a factor that is enrolled is asked for from then on, though none is required', async () => {
  const begun = await mutate(
    identity,
    'replaceTotp',
    { password: 'alice-password', code: '' },
    'totp { secret } enrolmentToken',
    token,
  );
  const totpSecret = String((begun.payload?.['totp'] as { secret: string } | null)?.secret);
  const enrolmentToken = begun.payload?.['enrolmentToken'];
  const code = await identity.codeOf({ totpSecret });
  expect(codeOf(await mutate(identity, 'confirmTotp', { enrolmentToken, code }, 'user { id }', null))).toBe('OK');
  await expect(logIn(identity, 'alice')).rejects.toThrow('INVALID_CREDENTIALS');
  identity.clock.advance(30);
  expect((await logIn(identity, 'alice', await identity.codeOf({ totpSecret }))).user.id).toBe(userId);
});
