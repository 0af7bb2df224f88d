import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import {
  type IdentityHarness,
  type Payload,
  startIdentityHarness,
  type TestPerson,
} from '../support/identityHarness.js';
import { mintToken } from '../support/mintToken.js';

let identity: IdentityHarness;
let operator: string;
let ada: TestPerson;
let bob: TestPerson;
let eve: TestPerson;
const tokens = new Map<string, string>();

beforeAll(async () => {
  identity = await startIdentityHarness();
  operator = (await identity.logIn(await identity.operator())).accessToken;
  [ada, bob, eve] = [await identity.newPerson(), await identity.newPerson(), await identity.newPerson()];
  for (const person of [ada, bob, eve]) tokens.set(person.id, (await identity.logIn(person)).accessToken);
});
afterAll(() => identity.stop());

type GroupPayload = Payload<{ group: { id: string; name: string; members: { nodes: object[] } } }>;
const as = (person: TestPerson): string => tokens.get(person.id) ?? '';

/** Runs a mutation of groups; gives its payload, or the first error's code. */
async function change(name: string, input: Record<string, unknown>, token: string | null) {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
  const { data, errors } = await identity.call<Record<string, GroupPayload>>(
    `mutation ($input: ${type}) { ${name}(input: $input) { group { id name members { nodes { user { id } role } } }
      refusal { code ... on InvalidInput { path } } } }`,
    { input },
    token === null ? {} : { token },
  );
  return { payload: data?.[name] ?? null, fault: errors[0]?.extensions.code ?? null };
}
const create = (name: string, token: string | null, idempotencyKey: string = randomUUID()) =>
  change('createGroup', { idempotencyKey, name }, token);
async function newGroup(person = ada): Promise<string> {
  const { payload } = await create(`Group ${randomUUID()}`, as(person));
  return payload?.group?.id ?? '';
}
const add = (groupId: string, userId: string, role?: string, token = operator) =>
  change('addGroupMember', { groupId, userId, role }, token);
const remove = (groupId: string, userId: string, token: string) =>
  change('removeGroupMember', { groupId, userId }, token);
const setRole = (groupId: string, userId: string, role: string, token: string) =>
  change('setGroupRole', { groupId, userId, role }, token);

/** What the feed says of a group's memberships, oldest first. */
const feedOf = (groupId: string) =>
  identity.sql<{ subject: string; state: string }>(
    `SELECT subject, state FROM feed_row WHERE kind = 'MEMBERSHIP' AND subject LIKE $1 ORDER BY sequence`,
    [`${groupId}/%`],
  );
const auditOf = (groupId: string) =>
  identity.sql<{ action: string; actor: string; outcome: string }>(
    `SELECT action, actor, outcome FROM platform.audit_entry WHERE target = $1 ORDER BY id`,
    [groupId],
  );

describe('createGroup', () => {
  it('makes the caller its first ADMIN, tells the feed and leaves an audit entry', async () => {
    const { payload } = await create('  Physics  ', as(ada));
    expect(payload).toMatchObject({
      group: {
        id: expect.stringMatching(/^grp_/),
        name: 'Physics',
        members: { nodes: [{ user: { id: ada.id }, role: 'ADMIN' }] },
      },
      refusal: null,
    });
    const id = payload?.group?.id ?? '';
    expect(await feedOf(id)).toEqual([{ subject: `${id}/${ada.id}`, state: 'ADMIN' }]);
    expect(await auditOf(id)).toEqual([{ action: 'createGroup', actor: ada.id, outcome: 'OK' }]);
    const groups = await identity.call('{ viewer { user { groups { nodes { id } } } } }', {}, { token: as(ada) });
    expect(JSON.stringify(groups.data)).toContain(id);
  });

  it('does so once per key, 20 times in parallel, and refuses the key for other input', async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 20 }, () => create('Chemistry', as(ada), key)));
    expect(new Set(answers.map(({ payload }) => payload?.group?.id)).size).toBe(1);
    expect(answers[0]?.payload?.refusal).toBeNull();
    expect((await create('Alchemy', as(ada), key)).payload?.refusal?.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('refuses a name that another group has, and remembers that it did', async () => {
    const key = randomUUID();
    expect((await create('local', as(ada), key)).payload).toMatchObject({
      group: null,
      refusal: { code: 'NAME_TAKEN' },
    });
    expect((await create('local', as(ada), key)).payload?.refusal?.code).toBe('NAME_TAKEN');
  });

  it.each(['', ' ', 'x'.repeat(201), 'a\u0007b', '\u202e'])('refuses the name %j', async (name) => {
    expect((await create(name, as(ada))).payload?.refusal).toMatchObject({ code: 'INVALID_INPUT', path: ['name'] });
  });

  it('is for people who are signed in', async () => {
    expect((await create('Nobody', null)).fault).toBe('UNAUTHENTICATED');
  });
});

describe('memberships', () => {
  it('are made by operators alone, with the role MEMBER unless told', async () => {
    const id = await newGroup();
    expect((await add(id, bob.id, undefined, as(ada))).fault).toBe('FORBIDDEN');
    expect((await add(id, bob.id, undefined, as(eve))).fault).toBe('NOT_FOUND');
    const added = await add(id, bob.id);
    expect(added.payload?.group?.members.nodes).toContainEqual({ user: { id: bob.id }, role: 'MEMBER' });
    expect((await add(id, bob.id)).payload?.refusal).toBeNull();
    expect((await add(id, bob.id, 'ADMIN')).payload?.refusal?.code).toBe('ALREADY_MEMBER');
    expect((await feedOf(id)).map(({ state }) => state)).toEqual(['ADMIN', 'MEMBER']);
  });

  it('are changed and ended by the ADMINs and operators, and show in the feed', async () => {
    const id = await newGroup();
    await add(id, bob.id);
    await add(id, eve.id, 'MEMBER');
    expect((await setRole(id, bob.id, 'ADMIN', as(eve))).fault).toBe('FORBIDDEN');
    expect((await remove(id, bob.id, as(eve))).fault).toBe('FORBIDDEN');
    expect((await setRole(id, bob.id, 'ADMIN', as(ada))).payload?.refusal).toBeNull();
    expect((await setRole(id, bob.id, 'ADMIN', as(ada))).payload?.refusal).toBeNull();
    expect((await remove(id, ada.id, as(bob))).payload?.refusal).toBeNull();
    expect((await remove(id, ada.id, as(bob))).payload?.refusal).toBeNull();
    expect((await remove(id, eve.id, operator)).payload?.group?.members.nodes).toHaveLength(1);
    expect((await setRole(id, eve.id, 'ADMIN', as(bob))).fault).toBe('NOT_FOUND');
    // Who was put out is a stranger at once.
    expect((await remove(id, bob.id, as(ada))).fault).toBe('NOT_FOUND');
    expect(await feedOf(id)).toEqual([
      { subject: `${id}/${ada.id}`, state: 'ADMIN' },
      { subject: `${id}/${bob.id}`, state: 'MEMBER' },
      { subject: `${id}/${eve.id}`, state: 'MEMBER' },
      { subject: `${id}/${bob.id}`, state: 'ADMIN' },
      { subject: `${id}/${ada.id}`, state: 'NONE' },
      { subject: `${id}/${eve.id}`, state: 'NONE' },
    ]);
    const actions = (await auditOf(id)).map(({ action }) => action);
    expect(actions.filter((action) => action === 'removeGroupMember')).toHaveLength(2);
  });

  it('leave a group an ADMIN, also against operators, and against two who go at the same time', async () => {
    const id = await newGroup();
    await add(id, bob.id);
    for (const token of [as(ada), operator]) {
      expect((await remove(id, ada.id, token)).payload?.refusal?.code).toBe('LAST_ADMIN');
      expect((await setRole(id, ada.id, 'MEMBER', token)).payload?.refusal?.code).toBe('LAST_ADMIN');
    }
    await setRole(id, bob.id, 'ADMIN', as(ada));
    const both = await Promise.all([setRole(id, ada.id, 'MEMBER', operator), setRole(id, bob.id, 'MEMBER', operator)]);
    expect(both.map(({ payload }) => payload?.refusal?.code ?? null).sort()).toEqual(['LAST_ADMIN', null]);
    const admins = await identity.sql(`SELECT user_id FROM group_member WHERE group_id = $1 AND role = 'ADMIN'`, [id]);
    expect(admins).toHaveLength(1);
  });

  it('do not count a disabled ADMIN as one who stays', async () => {
    const id = await newGroup();
    const gone = await identity.newPerson();
    await add(id, gone.id, 'ADMIN');
    await identity.sql(`UPDATE "user" SET status = 'DISABLED' WHERE id = $1`, [gone.id]);
    expect((await remove(id, ada.id, operator)).payload?.refusal?.code).toBe('LAST_ADMIN');
    expect((await add(id, gone.id, 'ADMIN')).payload?.refusal ?? 'fault').toBe('fault');
    expect((await remove(id, gone.id, as(ada))).payload?.refusal).toBeNull();
  });

  it('answer foreign and unknown ids alike', async () => {
    const id = await newGroup(bob);
    for (const groupId of [id, newId('group'), newId('user'), '', 'x\0']) {
      expect((await remove(groupId, bob.id, as(eve))).fault).toBe('NOT_FOUND');
      expect((await setRole(groupId, bob.id, 'MEMBER', as(eve))).fault).toBe('NOT_FOUND');
    }
    for (const userId of [newId('user'), newId('group'), '', 'x\0']) {
      expect((await add(id, userId)).fault).toBe('NOT_FOUND');
      expect((await remove(id, userId, as(bob))).fault).toBe('NOT_FOUND');
      expect((await setRole(id, userId, 'ADMIN', as(bob))).fault).toBe('NOT_FOUND');
    }
    expect((await change('removeGroupMember', { groupId: id, userId: bob.id }, null)).fault).toBe('UNAUTHENTICATED');
  });

  it('are not changed by a service that acts for an ADMIN, nor by a token without the scope', async () => {
    const id = await newGroup();
    const { sid } = decodeJwt(as(ada));
    const mint = (scopes: readonly string[], actor: string | null) =>
      mintToken(identity, {
        subject: ada.id,
        audience: 'identity',
        sessionId: String(sid),
        scopes,
        act: actor === null ? null : { sub: actor },
        clusterIds: null,
        expiresAt: new Date(identity.clock.now().getTime() + 600_000),
      });
    const narrow = await mint(['storage:read'], null);
    expect((await setRole(id, ada.id, 'MEMBER', narrow)).fault).toBe('FORBIDDEN');
    expect((await create('Narrow', narrow)).fault).toBe('FORBIDDEN');
    const acting = { token: await mint(['identity:groups'], 'access'), as: 'access' } as const;
    const { errors } = await identity.call(
      'mutation ($input: CreateGroupInput!) { createGroup(input: $input) { group { id } } }',
      { input: { idempotencyKey: randomUUID(), name: 'Acting' } },
      acting,
    );
    expect(errors[0]?.extensions.code).toBe('FORBIDDEN');
  });
});

describe('the feed', () => {
  it('tells of the operator in the group of the first start', async () => {
    const [row] = await feedOf(wellKnown.groupLocal);
    expect(row?.state).toBe('ADMIN');
  });
});
