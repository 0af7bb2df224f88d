import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { CallOptions } from '../../support/subgraph.js';
import {
  type IdentityHarness,
  startIdentityHarness,
  type TestPerson,
  type TestSession,
} from '../support/identityHarness.js';

let identity: IdentityHarness;
let ada: TestPerson;
let bob: TestPerson;
let adaSession: TestSession;
let bobSession: TestSession;
let operatorSession: TestSession;

beforeAll(async () => {
  identity = await startIdentityHarness();
  [ada, bob] = [await identity.newPerson('ada'), await identity.newPerson('bob')];
  adaSession = await identity.logIn(ada);
  bobSession = await identity.logIn(bob);
  operatorSession = await identity.logIn(await identity.operator());
});
afterAll(() => identity.stop());

const WHOLE =
  'id username displayName email status createdAt groups { nodes { name } } sessions { nodes { id current } }';

interface Whole {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly status: string | null;
  readonly sessions: { readonly nodes: readonly { readonly id: string; readonly current: boolean }[] } | null;
}

const getUser = (variables: { id?: string; username?: string }, options: CallOptions) =>
  identity.call<{ user: Whole | null }>(
    `query ($id: ID, $username: String) { user(id: $id, username: $username) { ${WHOLE} } }`,
    variables,
    options,
  );

describe('user', () => {
  it('shows oneself in full', async () => {
    const { data, errors } = await getUser({ username: 'ADA' }, { token: adaSession.accessToken });
    expect(errors).toEqual([]);
    expect(data?.user).toMatchObject({ id: ada.id, email: 'ada@example.org', status: 'ACTIVE' });
    expect(data?.user?.sessions?.nodes).toEqual([{ id: adaSession.sessionId, current: true }]);
  });

  it('shows a stranger who it is, and nothing that is theirs', async () => {
    for (const variables of [{ id: ada.id }, { username: 'ada' }]) {
      const { data, errors } = await getUser(variables, { token: bobSession.accessToken });
      expect(data?.user).toEqual({
        id: ada.id,
        username: 'ada',
        displayName: 'Person ada',
        email: null,
        status: null,
        createdAt: null,
        groups: null,
        sessions: null,
      });
      expect(errors.map((error) => [error.path?.[1], error.extensions.code]).sort()).toEqual([
        ['createdAt', 'NOT_FOUND'],
        ['email', 'NOT_FOUND'],
        ['groups', 'NOT_FOUND'],
        ['sessions', 'NOT_FOUND'],
        ['status', 'NOT_FOUND'],
      ]);
    }
  });

  it('shows operators everything', async () => {
    const { data, errors } = await getUser({ id: ada.id }, { token: operatorSession.accessToken });
    expect(errors).toEqual([]);
    expect(data?.user?.sessions?.nodes).toEqual([{ id: adaSession.sessionId, current: false }]);
  });

  it('is for the signed-in, and wants exactly one of id and username', async () => {
    expect((await getUser({ id: ada.id }, {})).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    for (const variables of [{}, { id: ada.id, username: 'ada' }]) {
      const { errors } = await getUser(variables, { token: adaSession.accessToken });
      expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
  });

  it('answers NOT_FOUND alike for what is not there, malformed, of another type, or still pending', async () => {
    await identity.call(
      'mutation { registerUser(input: { username: "pending", password: "a password of it", email: "p@example.org", displayName: "P" }) { user { id } } }',
    );
    const token = bobSession.accessToken;
    for (const username of ['pending', 'nobody', 'ad', 'ada ', "a'; drop table", '\u0000']) {
      const { data, errors } = await getUser({ username }, { token });
      expect([data?.user, errors[0]?.extensions.code]).toEqual([null, 'NOT_FOUND']);
    }
    for (const id of [newId('user'), newId('group'), 'usr_', '', '\u0000', `${ada.id}x`]) {
      const { data, errors } = await getUser({ id }, { token });
      expect([data?.user, errors[0]?.extensions.code]).toEqual([null, 'NOT_FOUND']);
    }
  });
});

describe('viewer', () => {
  it('is null without a token and for a service, and the person with one', async () => {
    expect((await identity.call('{ viewer { scopes } }')).data).toEqual({ viewer: null });
    expect((await identity.call('{ viewer { scopes } }', {}, { as: 'storage' })).data).toEqual({ viewer: null });
    const { data } = await identity.call(
      '{ viewer { user { id email } serviceAccount { id } session { id current } scopes } }',
      {},
      { token: operatorSession.accessToken },
    );
    expect(data).toMatchObject({
      viewer: {
        user: { email: null },
        serviceAccount: null,
        session: { id: operatorSession.sessionId, current: true },
        scopes: expect.arrayContaining(['accounting:deposit']),
      },
    });
  });

  it('refuses a bad token for the whole operation with 401', async () => {
    const forged = `${adaSession.accessToken.slice(0, -2)}xx`;
    for (const token of [forged, 'nonsense', adaSession.refreshToken]) {
      const answer = await identity.call('{ viewer { scopes } }', {}, { token });
      expect(answer).toMatchObject({ status: 401, data: null, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    }
  });
});

describe('sessions', () => {
  it('are pages of the live ones, the newest first, stable under inserts', async () => {
    const person = await identity.newPerson();
    const opened: TestSession[] = [];
    for (let index = 0; index < 5; index += 1) opened.push(await identity.logIn(person));
    const [gone, ...live] = opened;
    const token = opened[4]?.accessToken ?? '';
    await identity.call(
      'mutation ($id: ID) { logOut(input: { sessionId: $id }) { session { id } } }',
      { id: gone?.sessionId },
      { token },
    );
    const seen: string[] = [];
    let after: string | null = null;
    for (;;) {
      const answer: { data: { viewer: { user: { sessions: SessionPage } } } | null } = await identity.call(
        'query ($after: String) { viewer { user { sessions(first: 2, after: $after) { edges { cursor node { id } } pageInfo { hasNextPage endCursor } } } } }',
        { after },
        { token },
      );
      const page = answer.data?.viewer.user.sessions;
      seen.push(...(page?.edges.map(({ node }) => node.id) ?? []));
      if (page === undefined || !page.pageInfo.hasNextPage) break;
      after = page.pageInfo.endCursor;
    }
    expect(seen).toEqual(live.map(({ sessionId }) => sessionId).reverse());
  });

  it.each([
    { first: 0 },
    { first: 101 },
    { first: -1 },
    { after: 'forged' },
    { after: Buffer.from('["a","b"]').toString('base64url') },
  ])('refuse the page %j', async (variables) => {
    const { errors } = await identity.call(
      'query ($first: Int = 20, $after: String) { viewer { user { sessions(first: $first, after: $after) { nodes { id } } } } }',
      variables,
      { token: adaSession.accessToken },
    );
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

interface SessionPage {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

describe('group', () => {
  const GROUP = `query ($id: ID!) { group(id: $id) { id name members(first: 10) {
    nodes { role user { id username email } } pageInfo { hasNextPage } } } }`;

  it('is shown to members and operators', async () => {
    const { data } = await identity.call(GROUP, { id: wellKnown.groupLocal }, { token: operatorSession.accessToken });
    expect(data).toMatchObject({
      group: {
        id: wellKnown.groupLocal,
        name: 'local',
        members: { nodes: [{ role: 'ADMIN', user: { username: 'operator' } }], pageInfo: { hasNextPage: false } },
      },
    });
    await identity.sql(
      `INSERT INTO group_member (group_id, user_id, role, created_at) VALUES ($1, $2, 'MEMBER', now())`,
      [wellKnown.groupLocal, ada.id],
    );
    const seen = await identity.call<{
      group: { members: { nodes: { role: string; user: { username: string; email: string | null } }[] } };
    }>(GROUP, { id: wellKnown.groupLocal }, { token: adaSession.accessToken });
    expect(seen.data?.group.members.nodes).toHaveLength(2);
    const { data: own } = await getUser({ id: ada.id }, { token: adaSession.accessToken });
    expect(own?.user).toMatchObject({ groups: { nodes: [{ name: 'local' }] } });
  });

  it('is NOT_FOUND for others as where there is none, UNAUTHENTICATED without a token', async () => {
    const token = bobSession.accessToken;
    for (const id of [wellKnown.groupLocal, newId('group'), newId('user'), 'nonsense', '']) {
      const { data, errors } = await identity.call(GROUP, { id }, { token });
      expect(data).toEqual({ group: null });
      expect(errors).toMatchObject([{ message: 'There is no such group.', extensions: { code: 'NOT_FOUND' } }]);
    }
    const { errors } = await identity.call(GROUP, { id: wellKnown.groupLocal });
    expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });
});

describe('entities', () => {
  const ENTITIES = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
    ... on User { id username email } ... on Group { id name members { nodes { role } } } ... on ServiceAccount { id program: name } } }`;
  const fetchEntities = (representations: object[], options: CallOptions) =>
    identity.call<{ _entities: (Record<string, unknown> | null)[] }>(ENTITIES, { representations }, options);

  it('are as the viewer may see them: names of others, nothing that is theirs', async () => {
    const { data, errors } = await fetchEntities(
      [
        { __typename: 'User', id: ada.id },
        { __typename: 'User', id: newId('user') },
        { __typename: 'Group', id: wellKnown.groupLocal },
        { __typename: 'Group', id: 'nonsense' },
        { __typename: 'ServiceAccount', id: wellKnown.serviceAccountLocalController },
      ],
      { token: bobSession.accessToken },
    );
    expect(data?._entities).toEqual([
      { id: ada.id, username: 'ada', email: null },
      null,
      { id: wellKnown.groupLocal, name: 'local', members: null },
      null,
      null,
    ]);
    expect(errors.every((error) => error.extensions.code === 'NOT_FOUND')).toBe(true);
  });

  it('are nothing for the anonymous, and readable for operators', async () => {
    const representations = [
      { __typename: 'User', id: ada.id },
      { __typename: 'Group', id: wellKnown.groupLocal },
      { __typename: 'ServiceAccount', id: wellKnown.serviceAccountLocalController },
    ];
    expect((await fetchEntities(representations, {})).data?._entities).toEqual([null, null, null]);
    const { data } = await fetchEntities(representations, { token: operatorSession.accessToken });
    expect(data?._entities).toMatchObject([
      { email: 'ada@example.org' },
      { name: 'local', members: { nodes: [{}, {}] } },
      { program: 'local controller' },
    ]);
  });
});
