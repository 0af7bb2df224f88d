import { randomUUID } from 'node:crypto';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadServiceKeys } from '../../platform/auth/serviceKeys.js';
import { signedRequest } from '../../platform/peers/signedRequest.js';
import type { RunningService } from '../../platform/server/settings.js';
import { readIdentityConfig } from '../../subgraphs/identity/config.js';
import { startIdentity } from '../../subgraphs/identity/main.js';
import { documents, type IdentityHarness, type Payload, startIdentityHarness } from './support/identityHarness.js';

let folder: string;
let here: IdentityHarness;
let there: RunningService;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-replicas-'));
  const config = { keyEncryptionKeyFile: join(folder, 'shared', 'key-encryption.key') };
  here = await startIdentityHarness(config);
  // Another machine: a home of its own, the same database, the same key of the service.
  there = await startIdentity(
    { ...here.settings, service: 'identity', home: join(folder, 'home') },
    { clock: here.clock, config: { ...readIdentityConfig({}), ...config, logLevel: 'silent' } },
  );
});
afterEach(async () => {
  await there.stop();
  await here.stop();
  await rm(folder, { recursive: true, force: true });
});

async function callThere<Data>(document: string, variables: object, token: string | null = null) {
  const answer = await signedRequest({
    keys: await loadServiceKeys(here.home, 'gateway'),
    target: 'identity',
    origin: there.url,
    method: 'POST',
    path: '/graphql',
    body: Buffer.from(JSON.stringify({ query: document, variables })),
    token,
    headers: {},
    requestId: randomUUID(),
    clientIp: '192.0.2.1',
    userAgent: 'test',
    signal: AbortSignal.timeout(30_000),
  });
  return { status: answer.status, data: (JSON.parse(answer.body.toString('utf8')) as { data?: Data }).data };
}

const logInThere = async (person: Awaited<ReturnType<IdentityHarness['newPerson']>>): Promise<string> => {
  here.clock.advance(30);
  const { username, password } = person;
  const input = { username, password, code: await here.codeOf(person) };
  const { data } = await callThere<{ logIn: Payload<{ accessToken: string }> }>(documents.LOG_IN, { input });
  expect(data?.logIn.refusal).toBeNull();
  return data?.logIn.accessToken ?? '';
};

const VIEWER = '{ viewer { user { id } } }';
const ROTATE = `mutation ($input: RotateKeyEncryptionKeyInput!) {
  rotateKeyEncryptionKey(input: $input) { keyEncryptionKey { id } refusal { code } } }`;

describe('two replicas of identity with homes of their own', () => {
  it('take each other’s tokens, and one refuses what ended at the other as soon as that has answered', async () => {
    const token = await logInThere(await here.newPerson());
    expect((await here.call(VIEWER, {}, { token })).status).toBe(200);
    for (let round = 0; round < 5; round += 1) {
      const { accessToken } = await here.logIn(await here.newPerson());
      expect((await callThere(VIEWER, {}, accessToken)).status).toBe(200);
      await here.call('mutation { logOut(input: {}) { session { id } } }', {}, { token: accessToken });
      expect((await callThere(VIEWER, {}, accessToken)).status).toBe(401);
    }
  });

  it('seal and open with what the other rotated to', async () => {
    const person = await here.newPerson();
    const { accessToken: operator } = await here.logIn(await here.operator());
    for (let round = 0; round < 2; round += 1) {
      const input = { input: { idempotencyKey: randomUUID() } };
      const rotated =
        round === 0
          ? (await here.call<{ rotateKeyEncryptionKey: Payload<object> }>(ROTATE, input, { token: operator })).data
          : (await callThere<{ rotateKeyEncryptionKey: Payload<object> }>(ROTATE, input, operator)).data;
      expect(rotated?.rotateKeyEncryptionKey.refusal).toBeNull();
      await logInThere(person);
      await here.logIn(await here.newPerson());
    }
    expect((await readFile(join(folder, 'shared', 'key-encryption.key'), 'utf8')).trim().split('\n')).toHaveLength(1);
  });

  it('leave the credentials of the first start alone', async () => {
    for (const name of ['operator.json', join('controllers', 'local.json')]) {
      await expect(access(join(folder, 'home', name))).rejects.toThrow('ENOENT');
    }
    const { clientId, clientSecret } = JSON.parse(
      await readFile(join(here.home, 'controllers', 'local.json'), 'utf8'),
    ) as Record<string, string>;
    const { data } = await callThere<{ issueServiceToken: Payload<object> }>(
      'mutation ($input: IssueServiceTokenInput!) { issueServiceToken(input: $input) { scopes refusal { code } } }',
      { input: { clientId, clientSecret } },
    );
    expect(data?.issueServiceToken.refusal).toBeNull();
  });
});
