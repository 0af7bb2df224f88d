import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readIdentityConfig } from '../../../subgraphs/identity/config.js';
import { startIdentityHarness } from '../../identity/support/identityHarness.js';
import { codeOf, mutate } from '../../identity/support/mutate.js';
import { type Slapd, startSlapd } from '../services/slapd.js';
import { logIn, trail, tryLogIn, variables } from './support.js';

let slapd: Slapd;
beforeAll(async () => {
  slapd = await startSlapd();
  for (const uid of ['alice', 'bob']) await slapd.addPerson(uid);
});
afterAll(() => slapd.stop());

/** An identity whose people of before are alice, of the directory, and who registered by themselves. */
async function startOpen() {
  const config = { ...readIdentityConfig(variables(slapd, { IDENTITY_REGISTRATION: 'open' })) };
  const identity = await startIdentityHarness(config);
  const local = await identity.newPerson();
  await logIn(identity, 'alice');
  return {
    identity,
    local,
    async turnTo(registration: string) {
      Object.assign(config, readIdentityConfig(variables(slapd, { IDENTITY_REGISTRATION: registration })));
      await identity.restart();
    },
    async register(username: string) {
      const input = { username, password: 'a long password', email: 'x@example.org', displayName: 'X' };
      return mutate(identity, 'registerUser', input, 'user { id } refusal { message }', null);
    },
  };
}

describe('registration', () => {
  it('open lets people in by themselves and by the directory; names of the directory stay its own', async () => {
    const { identity, register } = await startOpen();
    try {
      expect(codeOf(await register('newcomer'))).toBe('OK');
      expect(codeOf(await register('bob'))).toBe('USERNAME_TAKEN');
      expect(codeOf(await tryLogIn(identity, 'bob'))).toBe('OK');
    } finally {
      await identity.stop();
    }
  });

  it('directory lets people in by the directory alone, and keeps who registered before', async () => {
    const { identity, local, turnTo, register } = await startOpen();
    try {
      await turnTo('directory');
      const refused = await register('newcomer');
      expect(codeOf(refused)).toBe('REGISTRATION_CLOSED');
      expect(JSON.stringify(refused)).toContain("Log in with the directory's password");
      expect(codeOf(await tryLogIn(identity, 'bob'))).toBe('OK');
      await identity.logIn(local);
    } finally {
      await identity.stop();
    }
  });

  it('closed lets nobody new in, and tells whoever has never been here no more than of a wrong password', async () => {
    const { identity, local, turnTo, register } = await startOpen();
    try {
      await turnTo('closed');
      const refused = await register('newcomer');
      expect(codeOf(refused)).toBe('REGISTRATION_CLOSED');
      expect(JSON.stringify(refused)).toContain('Ask an operator');
      expect(codeOf(await tryLogIn(identity, 'bob'))).toBe('INVALID_CREDENTIALS');
      expect(await trail(identity, 'provisionUser')).toHaveLength(1);
      await logIn(identity, 'alice');
      await identity.logIn(local);
    } finally {
      await identity.stop();
    }
  });
});
