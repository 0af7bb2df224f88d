import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { startAccess } from '../../subgraphs/access/main.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { type SubgraphHarness, startSubgraphHarness } from '../support/subgraph.js';
import { credits, inDays } from './support/accessWorld.js';
import { FakePeers } from './support/fakePeers.js';
import { startPeerServer } from './support/peerServer.js';

/** The machine may be busy with other tests. */
const patience = { timeout: 20_000 };

const fake = new FakePeers();
let database: TestDatabase;
let harness: SubgraphHarness;
const stops: (() => void)[] = [];

beforeAll(async () => {
  database = await freshDatabase('access');
  const peers: Record<string, string> = {};
  for (const service of ['accounting', 'storage', 'compute'] as const) {
    const server = await startPeerServer(service, fake);
    peers[service] = server.url;
    stops.push(server.stop);
  }
  const config = { logLevel: 'silent', leaseMs: 500, callTimeoutMs: 2_000 };
  harness = await startSubgraphHarness({
    service: 'access',
    database,
    start: (settings) => startAccess({ ...settings, service: 'access' }, { config }),
    peers,
  });
});
afterAll(async () => {
  await harness.stop();
  for (const stop of stops) stop();
  await database.drop();
});

/** Somebody with a session and 100 CREDIT. */
async function makeUser() {
  const userId = newId('user');
  const accountId = newId('account');
  fake.available.set(accountId, credits(100));
  return { userId, accountId, token: await harness.identity.issueToken({ subject: userId }) };
}

type Loose = Record<string, never> & { readonly [field: string]: Loose };

const call = (document: string, variables: object, token?: string) =>
  harness.call<Loose>(document, { ...variables }, token === undefined ? {} : { token });

const REQUEST = `mutation Ask($input: RequestAccessInput!) {
  requestAccess(input: $input) {
    accessRequest {
      id status requester { id } account { id } hold { id } invoice { id }
      offer { id name } quote { id total { amount unit } lines { description quantity unitPrice { amount } amount { amount } } }
      grant { id status holder { ... on User { id } } quantity startsAt endsAt escrow { id } offer { kind } }
      failure { code }
      timeline(first: 2) { nodes { step actor result at } pageInfo { hasNextPage endCursor } }
    }
    refusal { __typename code message ... on InvalidInput { path }
      ... on InsufficientFunds { shortfall { amount unit } available { amount } account { id } } }
  }
}`;

const wish = (accountId: string, over: object = {}) => ({
  input: {
    idempotencyKey: newId('audit'),
    offerId: wellKnown.offerStorage,
    quantity: '10',
    startsAt: inDays(1),
    endsAt: inDays(31),
    accountId,
    name: 'My drive',
    ...over,
  },
});

describe('the access subgraph over HTTP', () => {
  it('has the two offers of the first boot, to everybody who is signed in', async () => {
    const { token } = await makeUser();
    const answer = await call(
      '{ offers { nodes { id kind name status price { amount unit } per provider { id } resource approval } } }',
      {},
      token,
    );
    expect(answer.errors).toEqual([]);
    expect(answer.data?.['offers']).toEqual({
      nodes: [
        {
          id: wellKnown.offerCompute,
          kind: 'COMPUTE',
          name: 'Local compute',
          status: 'ACTIVE',
          price: { amount: '1', unit: 'CREDIT' },
          per: 'CORE_HOUR',
          provider: { id: wellKnown.groupLocal },
          resource: wellKnown.clusterLocal,
          approval: 'AUTOMATIC',
        },
        expect.objectContaining({ id: wellKnown.offerStorage, kind: 'STORAGE', per: 'GIB_MONTH', resource: null }),
      ],
    });
    const page = await call('{ offers(first: 1) { nodes { id } pageInfo { hasNextPage endCursor } } }', {}, token);
    const after = page.data?.['offers']?.['pageInfo']?.['endCursor'];
    const next = await call(
      'query Q($after: String) { offers(first: 1, after: $after) { nodes { id } pageInfo { hasNextPage } } }',
      { after },
      token,
    );
    expect(next.data?.['offers']).toEqual({
      nodes: [{ id: wellKnown.offerStorage }],
      pageInfo: { hasNextPage: false },
    });
    const storage = await call('{ offers(kind: STORAGE) { nodes { kind } } }', {}, token);
    expect(storage.data?.['offers']).toEqual({ nodes: [{ kind: 'STORAGE' }] });
    expect((await call('{ offers { nodes { id } } }', {})).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('quotes', async () => {
    const { token } = await makeUser();
    const { name: _name, accountId: _account, ...input } = wish('').input as Record<string, unknown>;
    const answer = await call(
      `mutation Q($input: QuoteAccessInput!) { quoteAccess(input: $input) {
        quote { id offer { id } quantity total { amount unit } lines { quantity amount { amount } } expiresAt } refusal { code } } }`,
      { input },
      token,
    );
    expect(answer.errors).toEqual([]);
    expect(answer.data?.['quoteAccess']).toMatchObject({
      quote: {
        quantity: '10',
        total: { amount: '10', unit: 'CREDIT' },
        lines: [{ quantity: '10', amount: { amount: '10' } }],
      },
      refusal: null,
    });
    const id = answer.data?.['quoteAccess']?.['quote']?.['id'];
    const read = 'query Q($id: ID!) { quote(id: $id) { id } }';
    expect((await call(read, { id }, token)).data?.['quote']).toEqual({ id });
    expect((await call(read, { id }, (await makeUser()).token)).errors[0]?.extensions.code).toBe('NOT_FOUND');
  });

  it('runs the chain to a grant with everything in one answer', async () => {
    const { userId, accountId, token } = await makeUser();
    const answer = await call(REQUEST, wish(accountId), token);
    expect(answer.errors).toEqual([]);
    const request = answer.data?.['requestAccess']?.['accessRequest'];
    expect(request).toMatchObject({
      status: 'ACTIVE',
      requester: { id: userId },
      account: { id: accountId },
      hold: { id: expect.stringMatching(/^hld_/) },
      invoice: { id: expect.stringMatching(/^inv_/) },
      quote: { total: { amount: '10', unit: 'CREDIT' } },
      grant: {
        status: 'SCHEDULED',
        holder: { id: userId },
        quantity: '10',
        escrow: { id: expect.stringMatching(/^acc_/) },
        offer: { kind: 'STORAGE' },
      },
      failure: null,
      timeline: {
        nodes: [{ step: 'verifyIdentity', actor: userId, result: 'OK' }, { step: 'quote' }],
        pageInfo: { hasNextPage: true },
      },
    });
    expect(answer.data?.['requestAccess']?.['refusal']).toBeNull();
    const grantId = String(request?.['grant']?.['id']);
    expect(fake.quotas.get(grantId)).toBe(10n * 2n ** 30n);
    // The exchanged token, and no other, went to accounting.
    const opened = fake.calls.find(
      ({ method, key }) => method === 'openEscrow' && key.startsWith(String(request?.['id'])),
    );
    expect(opened?.token).toMatch(/^Bearer ey/);
    expect(opened?.token).not.toContain(token);

    const end = `mutation E($input: EndGrantInput!) { endGrant(input: $input) { grant { id status } refund { id } refusal { code } } }`;
    const ended = await call(end, { input: { idempotencyKey: 'end', grantId } }, token);
    expect(ended.data?.['endGrant']).toMatchObject({
      grant: { id: grantId, status: 'ENDED' },
      refund: { id: expect.stringMatching(/^trf_/) },
      refusal: null,
    });
    expect(fake.available.get(accountId)).toBe(credits(100));
  });

  it('runs the chain for compute, and ends it by its worker while jobs are settled', async () => {
    const { accountId, token } = await makeUser();
    const answer = await call(REQUEST, wish(accountId, { offerId: wellKnown.offerCompute }), token);
    const grantId = String(answer.data?.['requestAccess']?.['accessRequest']?.['grant']?.['id']);
    fake.jobsToSettle = 1;
    const end =
      'mutation E($input: EndGrantInput!) { endGrant(input: $input) { grant { status } refund { id } refusal { code } } }';
    const ended = await call(end, { input: { idempotencyKey: 'end', grantId } }, token);
    expect(ended.data?.['endGrant']).toEqual({ grant: { status: 'ENDING' }, refund: null, refusal: null });
    const status = async () =>
      (await call('query Q($id: ID!) { grant(id: $id) { status } }', { id: grantId }, token)).data?.['grant'];
    await expect.poll(status, patience).toEqual({ status: 'ENDED' });
    expect(fake.available.get(accountId)).toBe(credits(100));
  });

  it('refuses too little money with the exact shortfall', async () => {
    const { accountId, token } = await makeUser();
    fake.available.set(accountId, 9_999_999n);
    const answer = await call(REQUEST, wish(accountId), token);
    expect(answer.errors).toEqual([]);
    expect(answer.data?.['requestAccess']).toEqual({
      accessRequest: null,
      refusal: {
        __typename: 'InsufficientFunds',
        code: 'INSUFFICIENT_FUNDS',
        message: expect.any(String),
        shortfall: { amount: '0.000001', unit: 'CREDIT' },
        available: { amount: '9.999999' },
        account: { id: accountId },
      },
    });
    const list = await call('{ accessRequests { nodes { id } } }', {}, token);
    expect(list.data?.['accessRequests']).toEqual({ nodes: [] });
  });

  it('shows everybody only what is theirs, and all of it to operators', async () => {
    const owner = await makeUser();
    const other = await makeUser();
    const operator = await makeUser();
    harness.identity.publish({ kind: 'USER', subject: operator.userId, state: 'ACTIVE', data: { operator: true } });
    const answer = await call(REQUEST, wish(owner.accountId), owner.token);
    const request = answer.data?.['requestAccess']?.['accessRequest'];
    const ids = { request: request?.['id'], grant: request?.['grant']?.['id'], quote: request?.['quote']?.['id'] };
    const read = `query Q($request: ID!, $grant: ID!, $quote: ID!) {
      accessRequest(id: $request) { id } grant(id: $grant) { id } quote(id: $quote) { id } }`;
    const shown = { accessRequest: { id: ids.request }, grant: { id: ids.grant }, quote: { id: ids.quote } };
    expect((await call(read, ids, owner.token)).data).toEqual(shown);
    await expect.poll(async () => (await call(read, ids, operator.token)).data, patience).toEqual(shown);
    const hidden = await call(read, ids, other.token);
    expect(hidden.data).toEqual({ accessRequest: null, grant: null, quote: null });
    expect(hidden.errors.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']);
    const random = { request: newId('request'), grant: 'x', quote: newId('request') };
    const messages = ({ errors }: Awaited<ReturnType<typeof call>>) => errors.map(({ message }) => message).sort();
    expect(messages(await call(read, random, other.token))).toEqual(messages(hidden));
    expect((await call(read, ids)).errors.map(({ extensions }) => extensions.code)).toEqual(
      Array(3).fill('UNAUTHENTICATED'),
    );

    const list = '{ accessRequests(filter: { status: ACTIVE }) { nodes { id } edges { cursor } } }';
    expect((await call(list, {}, owner.token)).data?.['accessRequests']?.['nodes']).toEqual([{ id: ids.request }]);
    expect((await call(list, {}, other.token)).data?.['accessRequests']?.['nodes']).toEqual([]);
    const all = (await call(list, {}, operator.token)).data?.['accessRequests']?.['nodes'] as unknown as {
      id: string;
    }[];
    expect(all.map(({ id }) => id)).toContain(ids.request);
    expect(
      (await call('{ accessRequests(filter: { status: DENIED }) { nodes { id } } }', {}, operator.token)).data,
    ).toEqual({
      accessRequests: { nodes: [] },
    });
  });

  it('resolves entities, batched and authorized', async () => {
    const owner = await makeUser();
    const other = await makeUser();
    const grants: string[] = [];
    for (const quantity of ['1', '2', '3']) {
      const answer = await call(REQUEST, wish(owner.accountId, { quantity }), owner.token);
      grants.push(String(answer.data?.['requestAccess']?.['accessRequest']?.['grant']?.['id']));
    }
    const entities = `query E($of: [_Any!]!) { _entities(representations: $of) {
      ... on Grant { id quantity offer { name } } ... on Offer { id } ... on Quote { id } ... on AccessRequest { id }
      ... on User { id grants(first: 2) { nodes { id quantity } pageInfo { hasNextPage } } } } }`;
    const of = [
      ...grants.map((id) => ({ __typename: 'Grant', id })),
      { __typename: 'Grant', id: newId('grant') },
      { __typename: 'Offer', id: wellKnown.offerStorage },
      { __typename: 'User', id: owner.userId },
    ];
    const mine = await call(entities, { of }, owner.token);
    expect(mine.errors).toEqual([]);
    expect(mine.data?.['_entities']).toEqual([
      ...grants.map((id, index) => ({ id, quantity: String(index + 1), offer: { name: 'Local drive' } })),
      null,
      { id: wellKnown.offerStorage },
      {
        id: owner.userId,
        grants: {
          nodes: [
            { id: grants[2], quantity: '3' },
            { id: grants[1], quantity: '2' },
          ],
          pageInfo: { hasNextPage: true },
        },
      },
    ]);
    const theirs = await call(entities, { of }, other.token);
    expect(theirs.data?.['_entities']).toEqual([
      null,
      null,
      null,
      null,
      { id: wellKnown.offerStorage },
      { id: owner.userId, grants: null },
    ]);
    expect(theirs.errors.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND']);
    const anonymous = await call(entities, { of: of.slice(0, 5) });
    expect(anonymous.data?.['_entities']).toEqual([null, null, null, null, null]);
  });

  it('refuses sizes and cursors that are none', async () => {
    const { token } = await makeUser();
    for (const args of ['first: 0', 'first: 101', 'first: -1', 'after: "x"', 'after: "WyJ4Il0"']) {
      const answer = await call(`{ offers(${args}) { nodes { id } } }`, {}, token);
      expect(answer.errors[0]?.extensions.code, args).toBe('BAD_USER_INPUT');
    }
    const { accountId } = await makeUser();
    for (const quantity of ['1e3', '', '9'.repeat(39), 'NaN', '+1']) {
      const answer = await call(REQUEST, wish(accountId, { quantity }), token);
      expect(answer.errors[0]?.extensions.code, quantity).toBe('BAD_USER_INPUT');
    }
  });

  it('goes on after a restart: an interrupted chain is taken up by the worker', async () => {
    const { accountId, token } = await makeUser();
    fake.plan('issuePrepayment', { kind: 'down', times: 3 });
    const asked = call(REQUEST, wish(accountId), token);
    await expect.poll(() => fake.calls.at(-1)?.method, patience).toBe('issuePrepayment');
    await harness.restart();
    await asked;
    const status = async () => {
      const list = await call('{ accessRequests { nodes { status } } }', {}, token);
      return list.data?.['accessRequests']?.['nodes'];
    };
    await expect.poll(status, patience).toEqual([{ status: 'ACTIVE' }]);
  });

  it('counts the sagas under way and those that are stuck for whoever watches', async () => {
    const metrics = await (await fetch(`${harness.url}/metrics`)).text();
    for (const saga of ['requestAccess', 'reviewedAccess', 'extendGrant', 'reviewedExtension', 'endGrant']) {
      expect(metrics).toMatch(new RegExp(`^tollgate_access_sagas_stuck\\{saga="${saga}",service="access"\\} 0$`, 'm'));
    }
    expect(metrics).toContain('tollgate_access_sagas_open');
  });
});
