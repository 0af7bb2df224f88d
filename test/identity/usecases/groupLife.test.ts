import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import type { IdentityHarness, TestPerson } from '../support/identityHarness.js';
import { codeOf, idOf, mutate } from '../support/mutate.js';
import { type People, startWithPeople } from '../support/people.js';

let identity: IdentityHarness;
let operator: string;
let ada: TestPerson;
let bob: TestPerson;
let eve: TestPerson;
let as: People['as'];

beforeAll(async () => {
  ({ identity, operator, ada, bob, eve, as } = await startWithPeople());
});
afterAll(() => identity.stop());

const SEEN = 'group { id name status viewerRole members { nodes { user { id } role source } } }';
const change = (name: string, input: Record<string, unknown>, token: string) =>
  mutate(identity, name, input, SEEN, token);
// Who has left does not see the members any more.
const leave = (groupId: string, token: string) => mutate(identity, 'leaveGroup', { groupId }, 'group { id }', token);
const add = (groupId: string, person: TestPerson, role = 'MEMBER') =>
  change('addGroupMember', { groupId, userId: person.id, role }, operator);

async function newGroup(name = `Group ${randomUUID()}`): Promise<string> {
  const made = await change('createGroup', { idempotencyKey: randomUUID(), name }, as(ada));
  return idOf(made, 'group');
}
const membersOf = async (groupId: string) =>
  (
    await identity.sql<{ user_id: string; role: string }>(
      'SELECT user_id, role FROM group_member WHERE group_id = $1 ORDER BY user_id',
      [groupId],
    )
  ).map(({ user_id, role }) => `${user_id} ${role}`);
/** What the feed says of a group at last, by person. */
const published = async (groupId: string) => {
  const rows = await identity.sql<{ subject: string; state: string }>(
    `SELECT subject, state FROM feed_row WHERE kind = 'MEMBERSHIP' AND subject LIKE $1 ORDER BY sequence`,
    [`${groupId}/%`],
  );
  return Object.fromEntries(rows.map(({ subject, state }) => [subject.split('/')[1], state]));
};

describe('a group', () => {
  it('keeps its other members when one is removed (another system emptied it)', async () => {
    const id = await newGroup();
    for (const person of [bob, eve]) await add(id, person);
    await change('removeGroupMember', { groupId: id, userId: bob.id }, as(ada));
    expect(await membersOf(id)).toEqual([`${ada.id} ADMIN`, `${eve.id} MEMBER`].sort());
  });

  it('has several ADMINs, who manage it alone and none of each other’s', async () => {
    const [one, other] = [await newGroup(), await newGroup()];
    await add(one, bob, 'ADMIN');
    await add(other, eve, 'ADMIN');
    expect(codeOf(await change('renameGroup', { groupId: other, name: 'Mine' }, as(bob)))).toBe('NOT_FOUND');
    expect(codeOf(await change('archiveGroup', { groupId: other }, as(bob)))).toBe('NOT_FOUND');
    expect(codeOf(await change('removeGroupMember', { groupId: other, userId: eve.id }, as(bob)))).toBe('NOT_FOUND');
    expect(codeOf(await change('removeGroupMember', { groupId: one, userId: ada.id }, as(bob)))).toBe('OK');
    expect(await membersOf(one)).toEqual([`${bob.id} ADMIN`]);
    expect(await membersOf(other)).toEqual([`${ada.id} ADMIN`, `${eve.id} ADMIN`].sort());
  });

  it('is left by its members, the last ADMIN excepted', async () => {
    const id = await newGroup();
    await add(id, bob);
    expect(codeOf(await leave(id, as(eve)))).toBe('NOT_FOUND');
    expect(codeOf(await leave(id, as(ada)))).toBe('LAST_ADMIN');
    expect(codeOf(await leave(id, as(bob)))).toBe('OK');
    expect(codeOf(await leave(id, as(bob)))).toBe('NOT_FOUND');
    expect(await published(id)).toEqual({ [ada.id]: 'ADMIN', [bob.id]: 'NONE' });
    expect(codeOf(await leave(newId('group'), as(bob)))).toBe('NOT_FOUND');
  });

  it('is renamed by its ADMINs, to a name that no other has', async () => {
    const name = `Group ${randomUUID()}`;
    const [id, other] = [await newGroup(), await newGroup(name)];
    await add(id, bob);
    const rename = (groupId: string, to: string, token: string) => change('renameGroup', { groupId, name: to }, token);
    expect(codeOf(await rename(id, 'Theirs', as(bob)))).toBe('FORBIDDEN');
    expect(codeOf(await rename(id, name, as(ada)))).toBe('NAME_TAKEN');
    expect(codeOf(await rename(id, ' ', as(ada)))).toBe('INVALID_INPUT');
    const fresh = `Renamed ${randomUUID()}`;
    expect((await rename(id, ` ${fresh} `, as(ada))).payload).toMatchObject({ group: { name: fresh }, refusal: null });
    expect(codeOf(await rename(other, name, as(ada)))).toBe('OK');
    const contested = `Contested ${randomUUID()}`;
    const codes = await Promise.all([id, other].map(async (each) => codeOf(await rename(each, contested, as(ada)))));
    expect(codes.sort()).toEqual(['NAME_TAKEN', 'OK']);
  });

  it('shows its present name to a createGroup that is repeated', async () => {
    const input = { idempotencyKey: randomUUID(), name: `Group ${randomUUID()}` };
    const made = await change('createGroup', input, as(ada));
    const groupId = idOf(made, 'group');
    const name = `Renamed ${randomUUID()}`;
    await change('renameGroup', { groupId, name }, as(ada));
    expect((await change('createGroup', input, as(ada))).payload).toMatchObject({ group: { id: groupId, name } });
  });

  it('that is archived stops what is new: its ADMINs are MEMBERs everywhere, and nobody joins', async () => {
    const id = await newGroup();
    await add(id, bob);
    await mutate(identity, 'inviteGroupMember', { groupId: id, userId: eve.id }, 'group { id }', as(ada));
    expect(codeOf(await change('archiveGroup', { groupId: id }, as(bob)))).toBe('FORBIDDEN');
    const archived = await change('archiveGroup', { groupId: id }, as(ada));
    expect(archived.payload).toMatchObject({ group: { status: 'ARCHIVED', viewerRole: 'ADMIN' }, refusal: null });
    expect(await published(id)).toEqual({ [ada.id]: 'MEMBER', [bob.id]: 'MEMBER' });
    expect(codeOf(await change('archiveGroup', { groupId: id }, as(ada)))).toBe('OK');
    expect(codeOf(await add(id, eve))).toBe('GROUP_ARCHIVED');
    expect(codeOf(await change('setGroupRole', { groupId: id, userId: bob.id, role: 'ADMIN' }, as(ada)))).toBe(
      'GROUP_ARCHIVED',
    );
    const toBob = { groupId: id, userId: bob.id };
    expect(codeOf(await mutate(identity, 'inviteGroupMember', toBob, 'group { id }', as(ada)))).toBe('GROUP_ARCHIVED');
    expect(codeOf(await change('acceptInvitation', { groupId: id }, as(eve)))).toBe('GROUP_ARCHIVED');
    expect(codeOf(await change('renameGroup', { groupId: id, name: 'x' }, as(ada)))).toBe('GROUP_ARCHIVED');
    // What ends is still done, and restoring gives back what is left, by operators alone.
    expect(codeOf(await change('removeGroupMember', toBob, as(ada)))).toBe('OK');
    expect(codeOf(await change('restoreGroup', { groupId: id }, as(ada)))).toBe('FORBIDDEN');
    expect(codeOf(await change('restoreGroup', { groupId: id }, as(bob)))).toBe('NOT_FOUND');
    expect((await change('restoreGroup', { groupId: id }, operator)).payload).toMatchObject({
      group: { status: 'ACTIVE', viewerRole: null },
    });
    expect(await published(id)).toEqual({ [ada.id]: 'ADMIN', [bob.id]: 'NONE' });
    expect(codeOf(await change('acceptInvitation', { groupId: id }, as(eve)))).toBe('OK');
  });
});
