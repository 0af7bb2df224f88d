import { randomUUID } from 'node:crypto';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { SubgraphName } from '../../platform/kernel/services.js';
import type { RunningService, ServiceSettings } from '../../platform/server/settings.js';
import { startAccess } from '../../subgraphs/access/main.js';
import { startAccounting } from '../../subgraphs/accounting/main.js';
import { startCompute } from '../../subgraphs/compute/main.js';
import { startStorage } from '../../subgraphs/storage/main.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { type SubgraphHarness, startSubgraphHarness } from '../support/subgraph.js';
import { type IdentityHarness, startIdentityHarness } from './support/identityHarness.js';
import { codeOf, idOf, mutate } from './support/mutate.js';

// The four other services as they are, each following the real feed over HTTP.

const starts: Readonly<
  Record<Exclude<SubgraphName, 'identity'>, (settings: ServiceSettings) => Promise<RunningService>>
> = {
  access: (settings) => startAccess({ ...settings, service: 'access' }),
  accounting: (settings) => startAccounting({ ...settings, service: 'accounting' }),
  storage: (settings) => startStorage({ ...settings, service: 'storage' }),
  compute: (settings) => startCompute({ ...settings, service: 'compute' }),
};

let identity: IdentityHarness;
let operator: string;
const databases: TestDatabase[] = [];
const others: SubgraphHarness[] = [];

beforeAll(async () => {
  identity = await startIdentityHarness();
  operator = (await identity.logIn(await identity.operator())).accessToken;
  for (const service of ['access', 'accounting', 'storage', 'compute'] as const) {
    const database = await freshDatabase(service);
    databases.push(database);
    const harness = await startSubgraphHarness({
      service,
      database,
      peers: { identity: identity.url },
      start: starts[service],
    });
    // Each has a home of its own here: identity is shown the key that it signs its calls with.
    const key = join('keys', service, 'public.jwk');
    await cp(join(harness.settings.home, key), join(identity.home, key), { recursive: true });
    others.push(harness);
  }
});
afterAll(async () => {
  for (const harness of others) await harness.stop();
  await identity.stop();
  for (const database of databases) await database.drop();
});

/** What each of the five answers to a token. */
const answers = async (token: string) =>
  Promise.all(
    [identity, ...others].map(async ({ call, settings }) => {
      const { status, errors } = await call('{ __typename }', {}, { token });
      return `${settings.service} ${errors[0]?.extensions.code ?? status}`;
    }),
  );
const all = (answer: string | number) =>
  ['identity', 'access', 'accounting', 'storage', 'compute'].map((service) => `${service} ${answer}`);

it('a person whose account an operator closes is refused by every service, by the feed, and stays so', async () => {
  const person = await identity.newPerson();
  const { accessToken } = await identity.logIn(person);
  await vi.waitFor(async () => expect(await answers(accessToken)).toEqual(all(200)), { timeout: 30_000 });
  const change = (name: string) => mutate(identity, name, { userId: person.id }, 'user { id }', operator);
  expect(codeOf(await change('disableUser'))).toBe('OK');
  await vi.waitFor(async () => expect(await answers(accessToken)).toEqual(all('UNAUTHENTICATED')), { timeout: 30_000 });
  // Opened again, the old token stays dead; a new one is good everywhere.
  expect(codeOf(await change('enableUser'))).toBe('OK');
  const again = (await identity.logIn(person)).accessToken;
  await vi.waitFor(async () => expect(await answers(again)).toEqual(all(200)), { timeout: 30_000 });
  expect(await answers(accessToken)).toEqual(all('UNAUTHENTICATED'));
});

it('what one did is known to every service when one has the answer, so that one can go on from there', async () => {
  const ada = await identity.newPerson();
  const { accessToken } = await identity.logIn(ada);
  await vi.waitFor(async () => expect(await answers(accessToken)).toEqual(all(200)), { timeout: 30_000 });
  const accounting = others.find(({ settings }) => settings.service === 'accounting');
  const open = `mutation ($input: OpenAccountInput!) { openAccount(input: $input) { account { id } refusal { code } } }`;
  for (let turn = 0; turn < 5; turn += 1) {
    const made = await mutate(
      identity,
      'createGroup',
      { idempotencyKey: randomUUID(), name: `At once ${turn}` },
      'group { id }',
      accessToken,
    );
    const owner = { groupId: idOf(made, 'group') };
    const input = { idempotencyKey: randomUUID(), owner, name: 'Ours', unit: 'CREDIT' };
    const opened = await accounting?.call(open, { input }, { token: accessToken });
    expect(opened?.errors).toEqual([]);
  }
  expect(codeOf(await mutate(identity, 'logOut', {}, 'session { id }', accessToken))).toBe('OK');
  expect(await answers(accessToken)).toEqual(all('UNAUTHENTICATED'));
});

it('a membership that ends, by removal, leaving or archiving, is known to every service, access included', async () => {
  const [ada, bob, eve] = [await identity.newPerson(), await identity.newPerson(), await identity.newPerson()];
  const adas = (await identity.logIn(ada)).accessToken;
  const bobs = (await identity.logIn(bob)).accessToken;
  const made = await mutate(
    identity,
    'createGroup',
    { idempotencyKey: randomUUID(), name: 'Zoology' },
    'group { id }',
    adas,
  );
  const groupId = idOf(made, 'group');
  const change = (name: string, input: object, token: string) =>
    mutate(identity, name, { groupId, ...input }, 'group { id }', token);
  /** What each service decides from: its own projection of the feed. */
  const known = async (userId: string) =>
    Promise.all(
      databases.map(async ({ ownerUrl }) => {
        const client = new pg.Client({ connectionString: ownerUrl });
        await client.connect();
        const { rows } = await client.query<{ state: string }>(
          `SELECT state FROM platform.feed_projection WHERE kind = 'MEMBERSHIP' AND subject = $1`,
          [`${groupId}/${userId}`],
        );
        await client.end();
        return rows[0]?.state;
      }),
    );
  const everywhere = (userId: string, state: string) =>
    vi.waitFor(async () => expect(await known(userId)).toEqual(databases.map(() => state)), { timeout: 30_000 });

  for (const { id: userId } of [bob, eve]) await change('addGroupMember', { userId }, operator);
  await everywhere(bob.id, 'MEMBER');
  await everywhere(eve.id, 'MEMBER');
  await change('removeGroupMember', { userId: eve.id }, adas);
  await everywhere(eve.id, 'NONE');
  await change('leaveGroup', {}, bobs);
  await everywhere(bob.id, 'NONE');
  await everywhere(ada.id, 'ADMIN');
  await change('archiveGroup', {}, adas);
  await everywhere(ada.id, 'MEMBER');
});
