import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { armFaults } from '../../../platform/faultpoint.js';
import { loadKeyEncryptionKeys } from '../../../subgraphs/identity/adapters/keyEncryptionKeys.js';
import { sealer } from '../../../subgraphs/identity/adapters/sealer.js';
import {
  documents,
  type IdentityHarness,
  type Payload,
  startIdentityHarness,
  type TestPerson,
} from '../support/identityHarness.js';

let identity: IdentityHarness;
let operator: string;
let people: TestPerson[];

beforeEach(async () => {
  identity = await startIdentityHarness();
  operator = (await identity.logIn(await identity.operator())).accessToken;
  people = [await identity.newPerson(), await identity.newPerson()];
});
afterEach(async () => {
  armFaults('');
  await identity.stop();
});

const file = (): string => join(identity.home, 'keys', 'identity', 'key-encryption.key');
const keysInFile = async (): Promise<string[]> => (await readFile(file(), 'utf8')).trim().split('\n');

async function rotate(idempotencyKey: string = randomUUID(), token = operator) {
  const { data, errors } = await identity.call<{
    rotateKeyEncryptionKey: Payload<{ keyEncryptionKey: { id: string; createdAt: string } }>;
  }>(
    `mutation ($input: RotateKeyEncryptionKeyInput!) { rotateKeyEncryptionKey(input: $input) {
       keyEncryptionKey { id createdAt } refusal { code } } }`,
    { input: { idempotencyKey } },
    { token },
  );
  const payload = data?.rotateKeyEncryptionKey;
  return {
    key: payload?.keyEncryptionKey ?? null,
    outcome: errors[0]?.extensions.code ?? payload?.refusal?.code ?? 'OK',
  };
}

interface Value {
  readonly purpose: string;
  readonly sealed: Buffer;
}

const sealedValues = (): Promise<Value[]> =>
  identity.sql<Value>(
    `SELECT 'totp:' || id AS purpose, totp_secret AS sealed FROM "user" WHERE totp_secret IS NOT NULL
     UNION ALL SELECT 'totp:' || user_id, totp_secret FROM enrolment
     UNION ALL SELECT 'signing-key:' || kid, private_jwk FROM signing_key WHERE private_jwk IS NOT NULL`,
  );

/** How many of the values the keys of the moment open. */
async function opened(
  values: readonly Value[],
  keys: Awaited<ReturnType<typeof loadKeyEncryptionKeys>>,
): Promise<number> {
  const { open } = sealer(keys);
  return values.filter(({ sealed, purpose }) => {
    try {
      return open(sealed, purpose).length > 0;
    } catch {
      return false;
    }
  }).length;
}

/** People log in, a person registers, tokens are signed. */
async function everythingWorks(): Promise<void> {
  for (const person of [...people, await identity.newPerson()]) {
    const { accessToken } = await identity.logIn(person);
    expect((await identity.call('{ viewer { user { id } } }', {}, { token: accessToken })).status).toBe(200);
  }
}

describe('a rotation of the key-encryption key', () => {
  it('seals everything anew; the key before opens nothing any more', async () => {
    const before = await loadKeyEncryptionKeys(identity.home, { mayMake: false });
    const old = { ...before, keys: [...before.keys] };
    expect(await opened(await sealedValues(), old)).toBe((await sealedValues()).length);
    const { key } = await rotate();
    const now = await loadKeyEncryptionKeys(identity.home, { mayMake: false });
    expect(now.ids).toEqual([key?.id]);
    const values = await sealedValues();
    expect(values.length).toBeGreaterThan(4);
    expect(await opened(values, now)).toBe(values.length);
    expect(await opened(values, old)).toBe(0);
    await everythingWorks();
    await identity.restart();
    await everythingWorks();
    expect(await keysInFile()).toHaveLength(1);
    expect(identity.logged()).not.toContain((await keysInFile())[0]);
  });

  it('is one for one key, and for operators alone', async () => {
    const idempotencyKey = randomUUID();
    const { key } = await rotate(idempotencyKey);
    expect((await rotate(idempotencyKey)).key).toEqual(key);
    const { accessToken } = await identity.logIn(await identity.newPerson());
    expect((await rotate(randomUUID(), accessToken)).outcome).toBe('FORBIDDEN');
    expect((await loadKeyEncryptionKeys(identity.home, { mayMake: false })).ids).toEqual([key?.id]);
    const trail = await identity.sql(
      `SELECT target, outcome FROM platform.audit_entry WHERE action = 'rotateKeyEncryptionKey' AND outcome = 'OK'`,
    );
    expect(trail).toEqual([{ target: key?.id, outcome: 'OK' }]);
  });

  it.each([
    'identity.rotateKeyEncryptionKey.afterFile',
    'identity.rotateKeyEncryptionKey.afterCommit',
    'identity.rewrapSealed.afterBatch',
    'identity.rewrapSealed.afterRetire',
  ])('that ends at %s leaves everything readable, and the next start finishes it', async (point) => {
    armFaults(`${point}=throw`);
    expect((await rotate()).outcome).toBe('INTERNAL');
    expect(await keysInFile()).toHaveLength(2);
    const values = await sealedValues();
    expect(await opened(values, await loadKeyEncryptionKeys(identity.home, { mayMake: false }))).toBe(values.length);
    await everythingWorks();
    await identity.restart();
    expect(await keysInFile()).toHaveLength(1);
    const after = await sealedValues();
    expect(await opened(after, await loadKeyEncryptionKeys(identity.home, { mayMake: false }))).toBe(after.length);
    await everythingWorks();
  });

  it('that was interrupted is finished by its repetition too', async () => {
    const idempotencyKey = randomUUID();
    armFaults('identity.rewrapSealed.afterBatch=throw');
    expect((await rotate(idempotencyKey)).outcome).toBe('INTERNAL');
    const { key } = await rotate(idempotencyKey);
    expect((await loadKeyEncryptionKeys(identity.home, { mayMake: false })).ids).toEqual([key?.id]);
    await everythingWorks();
  });

  it('takes nothing that the key before sealed: it could never be read again', async () => {
    const [before] = await identity.sql<{ totp_secret: Buffer }>('SELECT totp_secret FROM "user" WHERE id = $1', [
      people[0]?.id,
    ]);
    await rotate();
    await expect(
      identity.sql('UPDATE "user" SET totp_secret = $2 WHERE id = $1', [people[0]?.id, before?.totp_secret]),
    ).rejects.toMatchObject({ code: '55000' });
  });

  it('loses nothing while people register', async () => {
    let stopped = false;
    const registered: TestPerson[] = [];
    const registering = (async () => {
      while (!stopped) {
        // One that sealed before a rotation and wrote after it is refused, and tries again.
        const person = await identity.newPerson().catch(() => null);
        if (person !== null) registered.push(person);
      }
    })();
    const outcomes: string[] = [];
    for (let rotation = 0; rotation < 3; rotation += 1) outcomes.push((await rotate()).outcome);
    stopped = true;
    await registering;
    expect(outcomes).toEqual(['OK', 'OK', 'OK']);
    expect(await keysInFile()).toHaveLength(1);
    const values = await sealedValues();
    expect(await opened(values, await loadKeyEncryptionKeys(identity.home, { mayMake: false }))).toBe(values.length);
    for (const { username, password, totpSecret } of registered) {
      const input = { username, password, code: await identity.codeOf({ totpSecret }) };
      const answer = await identity.call<{ logIn: Payload<{ accessToken: string }> }>(documents.LOG_IN, { input });
      expect(answer.data?.logIn.refusal).toBeNull();
    }
  });

  it('may be asked for by two at once', async () => {
    const outcomes = await Promise.all([rotate(), rotate(), rotate()]);
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['OK', 'OK', 'OK']);
    const values = await sealedValues();
    const keys = await loadKeyEncryptionKeys(identity.home, { mayMake: false });
    expect(await opened(values, keys)).toBe(values.length);
    await everythingWorks();
    await identity.restart();
    expect(await keysInFile()).toHaveLength(1);
  });
});
