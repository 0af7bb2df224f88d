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
let signIn: People['signIn'];

beforeAll(async () => {
  ({ identity, operator, ada, bob, eve, as, signIn } = await startWithPeople());
});
afterAll(() => identity.stop());

const group = 'group { id }';
async function newGroup(person = ada): Promise<string> {
  const input = { idempotencyKey: randomUUID(), name: `Group ${randomUUID()}` };
  const made = await mutate(identity, 'createGroup', input, group, as(person));
  return idOf(made, 'group');
}
const invite = (groupId: string, whom: object, token = as(ada)) =>
  mutate(
    identity,
    'inviteGroupMember',
    { groupId, ...whom },
    'group { id } invitation { group { id } user { id } role invitedBy { id } createdAt expiresAt }',
    token,
  );
const accept = (groupId: string, person: TestPerson) =>
  mutate(identity, 'acceptInvitation', { groupId }, group, as(person));
const decline = (groupId: string, person: TestPerson) =>
  mutate(identity, 'declineInvitation', { groupId }, group, as(person));
const withdraw = (groupId: string, userId: string, token: string) =>
  mutate(identity, 'withdrawInvitation', { groupId, userId }, group, token);
const change = (name: string, input: Record<string, unknown>, token: string) =>
  mutate(identity, name, input, group, token);

const invitationsOf = async (person: TestPerson, token = as(person)) => {
  const { data, errors } = await identity.call<{
    user: { invitations: { nodes: { group: { id: string }; role: string; invitedBy: { id: string } }[] } | null };
  }>(
    'query ($id: ID!) { user(id: $id) { invitations { nodes { group { id name } role invitedBy { id } } } } }',
    { id: person.id },
    { token },
  );
  return data?.user.invitations?.nodes ?? errors[0]?.extensions.code;
};
const invitationsIn = async (groupId: string, token: string) => {
  const { data, errors } = await identity.call<{
    group: { viewerRole: string | null; invitations: { nodes: { user: { id: string } }[] } | null };
  }>(
    'query ($id: ID!) { group(id: $id) { viewerRole invitations { nodes { user { id } } } } }',
    { id: groupId },
    {
      token,
    },
  );
  return data?.group?.invitations?.nodes.map(({ user }) => user.id) ?? errors[0]?.extensions.code;
};
const feedOf = (groupId: string) =>
  identity.sql<{ subject: string; state: string }>(
    `SELECT subject, state FROM feed_row WHERE kind = 'MEMBERSHIP' AND subject LIKE $1 ORDER BY sequence`,
    [`${groupId}/%`],
  );

describe('an invitation', () => {
  it('makes nobody a member until the invited person accepts it, and is used up then', async () => {
    const id = await newGroup();
    const invited = await invite(id, { username: bob.username.toUpperCase(), role: 'ADMIN' });
    expect(invited.payload?.['invitation']).toMatchObject({
      group: { id },
      user: { id: bob.id },
      role: 'ADMIN',
      invitedBy: { id: ada.id },
    });
    expect(await feedOf(id)).toHaveLength(1);
    expect(await invitationsOf(bob)).toMatchObject([{ group: { id }, role: 'ADMIN', invitedBy: { id: ada.id } }]);
    expect(await invitationsIn(id, as(ada))).toEqual([bob.id]);
    expect(codeOf(await accept(id, bob))).toBe('OK');
    expect((await feedOf(id)).at(-1)).toEqual({ subject: `${id}/${bob.id}`, state: 'ADMIN' });
    expect(await invitationsOf(bob)).toEqual([]);
    expect(codeOf(await accept(id, bob))).toBe('NOT_FOUND');
    const trail = await identity.sql<{ action: string; actor: string }>(
      'SELECT action, actor FROM platform.audit_entry WHERE target = $1 ORDER BY id',
      [id],
    );
    expect(trail).toEqual([
      { action: 'createGroup', actor: ada.id },
      { action: 'inviteGroupMember', actor: ada.id },
      { action: 'acceptInvitation', actor: bob.id },
    ]);
  });

  it('is for one person: nobody else accepts, declines or sees it', async () => {
    const id = await newGroup();
    await invite(id, { userId: bob.id });
    expect(codeOf(await accept(id, eve))).toBe('NOT_FOUND');
    expect(codeOf(await decline(id, eve))).toBe('NOT_FOUND');
    expect(codeOf(await withdraw(id, bob.id, as(eve)))).toBe('NOT_FOUND');
    expect(codeOf(await withdraw(id, bob.id, as(bob)))).toBe('NOT_FOUND');
    expect(await invitationsOf(bob, as(eve))).toBe('NOT_FOUND');
    expect(await invitationsIn(id, as(bob))).toBe('NOT_FOUND');
    expect(await invitationsIn(id, operator)).toEqual([bob.id]);
    await decline(id, bob);
  });

  it('is declined by the person, withdrawn by an ADMIN, and then it is gone', async () => {
    const id = await newGroup();
    await invite(id, { userId: bob.id });
    expect(codeOf(await decline(id, bob))).toBe('OK');
    expect(codeOf(await accept(id, bob))).toBe('NOT_FOUND');
    await invite(id, { userId: bob.id });
    expect(codeOf(await withdraw(id, bob.id, as(ada)))).toBe('OK');
    expect(codeOf(await accept(id, bob))).toBe('NOT_FOUND');
    expect(codeOf(await withdraw(id, bob.id, operator))).toBe('NOT_FOUND');
  });

  it('ends after 14 days, unless it is given again', async () => {
    const id = await newGroup();
    await invite(id, { userId: bob.id });
    await identity.sql(`UPDATE group_invitation SET expires_at = created_at WHERE group_id = $1`, [id]);
    expect(await invitationsOf(bob)).toEqual([]);
    expect(codeOf(await accept(id, bob))).toBe('INVITATION_EXPIRED');
    const again = await invite(id, { userId: bob.id });
    expect(again.payload?.['invitation']).toMatchObject({
      expiresAt: new Date(identity.clock.now().getTime() + 14 * 24 * 3_600_000).toISOString(),
    });
    expect(codeOf(await accept(id, bob))).toBe('OK');
  });

  it('leaves no door behind an ADMIN who was put out, or lost the role, or the account', async () => {
    const id = await newGroup();
    const gone = await identity.newPerson();
    await signIn(gone);
    await change('addGroupMember', { groupId: id, userId: gone.id, role: 'ADMIN' }, operator);
    await invite(id, { userId: eve.id }, as(gone));
    await change('setGroupRole', { groupId: id, userId: gone.id, role: 'MEMBER' }, as(ada));
    expect(codeOf(await accept(id, eve))).toBe('INVITATION_EXPIRED');
    await change('setGroupRole', { groupId: id, userId: gone.id, role: 'ADMIN' }, as(ada));
    await identity.sql(`UPDATE "user" SET status = 'DISABLED' WHERE id = $1`, [gone.id]);
    expect(codeOf(await accept(id, eve))).toBe('INVITATION_EXPIRED');
    await change('removeGroupMember', { groupId: id, userId: gone.id }, as(ada));
    expect(codeOf(await accept(id, eve))).toBe('INVITATION_EXPIRED');
  });

  it('is given by ADMINs and operators alone, to active people who are no members yet', async () => {
    const id = await newGroup();
    await change('addGroupMember', { groupId: id, userId: eve.id }, operator);
    expect(codeOf(await invite(id, { userId: bob.id }, as(eve)))).toBe('FORBIDDEN');
    expect(codeOf(await invite(id, { userId: eve.id }, as(bob)))).toBe('NOT_FOUND');
    expect(codeOf(await invite(id, { userId: eve.id }))).toBe('ALREADY_MEMBER');
    for (const whom of [
      { userId: newId('user') },
      { userId: 'x' },
      { username: 'nobody-has-this' },
      { username: '' },
    ]) {
      expect(codeOf(await invite(id, whom))).toBe('NOT_FOUND');
    }
    expect(codeOf(await invite(id, {}))).toBe('BAD_USER_INPUT');
    expect(codeOf(await invite(id, { userId: bob.id, username: bob.username }))).toBe('BAD_USER_INPUT');
    expect(codeOf(await invite(newId('group'), { userId: bob.id }))).toBe('NOT_FOUND');
    expect(codeOf(await mutate(identity, 'acceptInvitation', { groupId: id }, group, null))).toBe('UNAUTHENTICATED');
  });

  it('makes nothing of an invitation where the person was added meanwhile', async () => {
    const id = await newGroup();
    await invite(id, { userId: bob.id, role: 'ADMIN' });
    await change('addGroupMember', { groupId: id, userId: bob.id }, operator);
    expect(codeOf(await accept(id, bob))).toBe('NOT_FOUND');
    expect((await feedOf(id)).at(-1)?.state).toBe('MEMBER');
  });

  it('is accepted once by 20 calls in parallel', async () => {
    const id = await newGroup();
    await invite(id, { userId: bob.id });
    const codes = await Promise.all(Array.from({ length: 20 }, async () => codeOf(await accept(id, bob))));
    expect(codes.sort()).toEqual([...Array.from({ length: 19 }, () => 'NOT_FOUND'), 'OK']);
    expect(await feedOf(id)).toHaveLength(2);
  });

  it("leaves a membership as it is that came otherwise meanwhile, as by the directory's word", async () => {
    const id = await newGroup();
    await invite(id, { userId: bob.id, role: 'ADMIN' });
    await identity.sql(
      `INSERT INTO group_member (group_id, user_id, role, source, created_at) VALUES ($1, $2, 'MEMBER', 'DIRECTORY', now())`,
      [id, bob.id],
    );
    const published = (await feedOf(id)).length;
    expect(codeOf(await accept(id, bob))).toBe('OK');
    expect(
      await identity.sql('SELECT role, source FROM group_member WHERE user_id = $2 AND group_id = $1', [id, bob.id]),
    ).toEqual([{ role: 'MEMBER', source: 'DIRECTORY' }]);
    expect(await feedOf(id)).toHaveLength(published);
    expect(codeOf(await accept(id, bob))).toBe('NOT_FOUND');
  });

  it('is one of at most 1,000 of a group, which names the limit', async () => {
    const id = await newGroup();
    await identity.sql(
      `INSERT INTO "user" (id, status, created_at) SELECT 'usr_x' || n, 'ACTIVE', now() FROM generate_series(1, 1000) n`,
    );
    await identity.sql(
      `INSERT INTO group_invitation (group_id, user_id, role, inviter_id, created_at, expires_at)
       SELECT $1, 'usr_x' || n, 'MEMBER', $2, now(), now() + interval '1 year' FROM generate_series(1, 1000) n`,
      [id, ada.id],
    );
    const { data } = await identity.call<{ inviteGroupMember: object }>(
      `mutation ($input: InviteGroupMemberInput!) { inviteGroupMember(input: $input) { refusal {
        code ... on LimitExceeded { limit } } } }`,
      { input: { groupId: id, userId: bob.id } },
      { token: as(ada) },
    );
    expect(data?.inviteGroupMember).toEqual({ refusal: { code: 'LIMIT_EXCEEDED', limit: 'group.invitations' } });
    // Those whose time is over take no place.
    await identity.sql(
      `UPDATE group_invitation SET expires_at = created_at WHERE group_id = $1 AND user_id = 'usr_x1'`,
      [id],
    );
    expect(codeOf(await invite(id, { userId: bob.id }))).toBe('OK');
  });
});
