import { Client, InvalidCredentialsError } from 'ldapts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IdentityHarness } from '../../identity/support/identityHarness.js';
import { codeOf, mutate } from '../../identity/support/mutate.js';
import { runMutation } from '../../identity/support/runMutation.js';
import { type Slapd, startSlapd, tree } from '../services/slapd.js';
import { logIn, startWithDirectory, trail, tryLogIn, type Variables } from './support.js';

/** As many wrong passwords as this directory takes before it locks an account for good: what is usual. */
const LOCKED_AFTER = 5;
const POLICY = `cn=policy,${tree.base}`;

let slapd: Slapd;
let identity: IdentityHarness;

beforeEach(async () => {
  slapd = await startSlapd({ modules: ['ppolicy'], configuration: `overlay ppolicy\nppolicy_default "${POLICY}"` });
  await slapd.add(POLICY, {
    objectClass: ['device', 'pwdPolicy'],
    cn: 'policy',
    pwdAttribute: 'userPassword',
    pwdLockout: 'TRUE',
    pwdMaxFailure: String(LOCKED_AFTER),
    pwdLockoutDuration: '0',
    pwdFailureCountInterval: '1800',
  });
  await slapd.addPerson('alice');
});
afterEach(async () => {
  await identity.stop();
  await slapd.stop();
});

const start = async (more: Variables = {}): Promise<void> => {
  identity = await startWithDirectory(slapd, more);
};

/** A log-in from some network. */
const from = async (clientIp: string, password: string, username = 'alice') =>
  (await runMutation(identity, 'logIn', { username, password, code: '' }, 'accessToken', { clientIp })).outcome;

/** Whether the person's password opens anything at the directory itself. */
async function opensDirectory(uid = 'alice', password = `${uid}-password`): Promise<boolean> {
  const client = new Client({ url: slapd.ldap });
  try {
    await client.bind(tree.personOf(uid), password);
    return true;
  } catch (error) {
    if (error instanceof InvalidCredentialsError) return false;
    throw error;
  } finally {
    await client.unbind();
  }
}

/** How often a password was tried as alice's. */
const bindsAsAlice = async (): Promise<number> =>
  (await slapd.log()).split(`BIND dn="${tree.personOf('alice')}" method=128`).length - 1;

describe('wrong passwords that strangers type at Tollgate', () => {
  it('do not lock the account at the directory, from however many networks and however many at once', async () => {
    await start();
    await logIn(identity, 'alice');
    const before = await bindsAsAlice();
    const networks = Array.from({ length: 12 }, (_value, index) => `198.51.${index}.7`);
    const outcomes = await Promise.all(networks.map((network) => from(network, 'a guess')));
    for (const network of networks) outcomes.push(await from(network, 'a guess'));
    expect(outcomes.filter((outcome) => outcome === 'INVALID_CREDENTIALS')).toHaveLength(3);
    expect(new Set(outcomes)).toEqual(new Set(['INVALID_CREDENTIALS', 'RATE_LIMITED']));
    expect((await bindsAsAlice()) - before).toBe(3);
    expect(await opensDirectory()).toBe(true);
  });

  it('are a lever on a directory that nobody bounds: the same number, sent there, locks the account', async () => {
    await start();
    for (let guess = 0; guess < LOCKED_AFTER; guess += 1) expect(await opensDirectory('alice', 'a guess')).toBe(false);
    expect(await opensDirectory()).toBe(false);
  });

  it('leave the owner in, where they logged in from lately; elsewhere they wait', async () => {
    await start();
    const home = '203.0.113.5';
    expect(await from(home, 'alice-password')).toBe('OK');
    for (const network of ['198.51.1.7', '198.51.2.7', '198.51.3.7']) await from(network, 'a guess');
    expect(await from('198.51.4.7', 'alice-password')).toBe('RATE_LIMITED');
    expect(await from(home, 'alice-password')).toBe('OK');
    // The directory has begun anew with the right password, and so has the count.
    expect(await from('198.51.4.7', 'alice-password')).toBe('OK');
  });

  it('count together with those at step-ups, and with the owner’s own, below what locks', async () => {
    await start();
    const { accessToken } = await logIn(identity, 'alice');
    const stepUp = async () =>
      codeOf(
        await mutate(
          identity,
          'regenerateRecoveryCodes',
          { password: 'a guess', code: '' },
          'user { id }',
          accessToken,
        ),
      );
    const outcomes = [await stepUp(), await stepUp(), await from('198.51.1.7', 'a guess'), await stepUp()];
    expect(outcomes).toEqual(Array(4).fill('INVALID_CREDENTIALS'));
    expect(await stepUp()).toBe('RATE_LIMITED');
    expect(codeOf(await tryLogIn(identity, 'alice'))).toBe('RATE_LIMITED');
    expect(await opensDirectory()).toBe(true);
  });

  it('are forgotten half an hour, and half a minute, after the last of them', async () => {
    await start();
    for (const minutes of [0, 20, 20]) {
      identity.clock.advance(minutes * 60);
      expect(await from('198.51.1.7', 'a guess')).toBe('INVALID_CREDENTIALS');
    }
    identity.clock.advance(29 * 60);
    expect(await from('198.51.9.7', 'alice-password')).toBe('RATE_LIMITED');
    // At the directory a password may have come later than it was taken here.
    identity.clock.advance(60 + 29);
    expect(await from('198.51.9.7', 'alice-password')).toBe('RATE_LIMITED');
    identity.clock.advance(1);
    expect(await from('198.51.9.7', 'alice-password')).toBe('OK');
  });

  it('are answered alike for names that nobody has and for local ones, whose owners they do not touch', async () => {
    await start();
    const local = await identity.newPerson();
    for (const username of ['alice', 'nobody-has-this', local.username]) {
      const outcomes: string[] = [];
      for (let guess = 0; guess < 5; guess += 1) outcomes.push(await from('198.51.1.7', 'a guess', username));
      expect([username, ...outcomes]).toEqual([
        username,
        ...Array(3).fill('INVALID_CREDENTIALS'),
        ...Array(2).fill('RATE_LIMITED'),
      ]);
    }
    await identity.logIn(local);
  });

  it('end for a local name as they do without a directory: each is counted and audited, sent or not', async () => {
    await start();
    const local = await identity.newPerson();
    for (let guess = 0; guess < 10; guess += 1) await from('198.51.1.7', 'a guess', local.username);
    const failures = (await trail(identity, 'logIn')).filter(({ target }) => target === local.id);
    expect(failures.map(({ detail }) => detail['failure'])).toEqual(Array(10).fill('PASSWORD'));
    // Neither the right password nor a wrong one is looked at from there now; elsewhere its owner gets in, who alone has
    // the code: without it the right one is answered as a wrong one.
    const code = await identity.codeOf(local, 1);
    const input = { username: local.username, password: local.password, code };
    const there = await runMutation(identity, 'logIn', input, 'accessToken', { clientIp: '198.51.1.7' });
    expect(there.outcome).toBe('RATE_LIMITED');
    expect(await from('198.51.9.7', local.password, local.username)).toBe('RATE_LIMITED');
    expect(await from('198.51.9.7', 'a guess', local.username)).toBe('RATE_LIMITED');
    await identity.logIn(local);
  });

  it('are as many as the configuration says, and what the directory did not get does not count', async () => {
    await start({ IDENTITY_LDAP_ATTEMPTS: '2', IDENTITY_LDAP_ATTEMPT_MINUTES: '1' });
    await slapd.pause();
    for (let guess = 0; guess < 5; guess += 1) {
      expect(await from('198.51.1.7', 'alice-password')).toBe('DIRECTORY_UNAVAILABLE');
    }
    await slapd.resume();
    expect(await from('198.51.1.7', 'a guess')).toBe('INVALID_CREDENTIALS');
    expect(await from('198.51.1.7', 'a guess')).toBe('RATE_LIMITED');
    identity.clock.advance(90);
    expect(await from('198.51.1.7', 'alice-password')).toBe('OK');
  });
});
