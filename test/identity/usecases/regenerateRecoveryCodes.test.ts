import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IdentityHarness, startIdentityHarness } from '../support/identityHarness.js';
import { runMutation } from '../support/runMutation.js';

let identity: IdentityHarness;

beforeAll(async () => {
  identity = await startIdentityHarness();
});
afterAll(() => identity.stop());

const regenerate = (token: string, input: { password: string; code: string }) =>
  runMutation<{ user: { id: string }; recoveryCodes: string[] }>(
    identity,
    'regenerateRecoveryCodes',
    input,
    'user { id } recoveryCodes',
    { token },
  );

describe('regenerateRecoveryCodes', () => {
  it('gives ten fresh codes and voids those from before', async () => {
    const person = await identity.newPerson();
    const { accessToken } = await identity.logIn(person);
    const { username, password, recoveryCodes: old } = person;
    const { payload } = await regenerate(accessToken, { password, code: old[0] ?? '' });
    const fresh = payload?.recoveryCodes ?? [];
    expect(payload?.user).toEqual({ id: person.id });
    expect(new Set([...fresh, ...old]).size).toBe(20);
    for (const code of old.slice(0, 3)) {
      expect((await runMutation(identity, 'logIn', { username, password, code })).outcome).toBe('INVALID_CREDENTIALS');
    }
    expect((await runMutation(identity, 'logIn', { username, password, code: fresh[9] })).outcome).toBe('OK');
    const entries = await identity.sql<{ text: string }>(
      `SELECT row_to_json(entry)::text AS text FROM platform.audit_entry AS entry
       WHERE action = 'regenerateRecoveryCodes' AND target = $1`,
      [person.id],
    );
    expect(entries).toHaveLength(1);
    for (const code of fresh) expect(entries[0]?.text).not.toContain(code);
  });

  it('keeps nothing of them but digests', async () => {
    const { id, recoveryCodes } = await identity.newPerson();
    const kept = await identity.sql<{ hash: string }>(
      `SELECT encode(code_hash, 'hex') AS hash FROM recovery_code WHERE user_id = $1`,
      [id],
    );
    const digests = recoveryCodes.map((code) => createHash('sha256').update(code.replaceAll('-', '')).digest('hex'));
    expect(kept.map(({ hash }) => hash).sort()).toEqual(digests.sort());
    // 24 letters of 32: a plain digest is enough from 112 bits on (ASVS 5, 6.5.2).
    for (const code of recoveryCodes) expect(code.replaceAll('-', '')).toHaveLength(24);
  });

  it('takes codes of 80 bits that were given out before, each once, and voids the rest of them', async () => {
    const person = await identity.newPerson();
    const { username, password } = person;
    const old = ['0123-4567-89ab-cdef', '1123-4567-89ab-cdef', '2123-4567-89ab-cdef'] as const;
    for (const code of old) {
      await identity.sql(`INSERT INTO recovery_code (code_hash, user_id) VALUES (sha256($1::text::bytea), $2)`, [
        code.replaceAll('-', ''),
        person.id,
      ]);
    }
    const logIn = async (code: string) =>
      (await runMutation(identity, 'logIn', { username, password, code }, 'accessToken')).outcome;
    expect(await logIn(old[0])).toBe('OK');
    expect(await logIn(old[0])).toBe('INVALID_CREDENTIALS');
    const { accessToken } = await identity.logIn(person);
    expect((await regenerate(accessToken, { password, code: old[1] })).outcome).toBe('OK');
    expect(await logIn(old[2])).toBe('INVALID_CREDENTIALS');
  });

  it('leaves the codes alone where password or code is wrong', async () => {
    const person = await identity.newPerson();
    const { accessToken } = await identity.logIn(person);
    const { username, password, recoveryCodes } = person;
    const wrong = [
      { password: 'not the password', code: recoveryCodes[0] ?? '' },
      { password, code: '000000' },
      { password, code: '' },
    ];
    for (const input of wrong) expect((await regenerate(accessToken, input)).outcome).toBe('INVALID_CREDENTIALS');
    // A code beside a wrong password is not used up.
    expect((await runMutation(identity, 'logIn', { username, password, code: recoveryCodes[0] })).outcome).toBe('OK');
  });

  it('is for people in person', async () => {
    const input = { password: 'whatever it is', code: '000000' };
    expect((await runMutation(identity, 'regenerateRecoveryCodes', input)).outcome).toBe('UNAUTHENTICATED');
    const asService = await runMutation(identity, 'regenerateRecoveryCodes', input, '', { as: 'access' });
    expect(asService.outcome).toBe('FORBIDDEN');
  });
});
