import { afterAll, beforeAll, expect, it } from 'vitest';
import { readIdentityConfig } from '../../../subgraphs/identity/config.js';
import { startIdentity } from '../../../subgraphs/identity/main.js';
import type { IdentityHarness } from '../../identity/support/identityHarness.js';
import { codeOf, idOf, mutate } from '../../identity/support/mutate.js';
import { type Slapd, startSlapd, tree } from '../services/slapd.js';
import { logIn, refresh, startWithDirectory, type Variables, variables } from './support.js';

let slapd: Slapd;
let identity: IdentityHarness;
let operator: string;
const { groupOf, personOf } = tree;

const mapping = JSON.stringify([
  { dn: groupOf('lab'), group: 'Physics Lab' },
  { dn: groupOf('lab-heads'), group: 'Physics Lab', role: 'ADMIN' },
  { dn: groupOf('posix'), group: 'Computing' },
  { dn: groupOf('unique'), group: 'Unique' },
  { dn: groupOf('not-there'), group: 'Empty', role: 'ADMIN' },
]);

beforeAll(async () => {
  slapd = await startSlapd();
  for (const uid of ['ann', 'ben', 'cat']) await slapd.addPerson(uid);
  const [ann, ben] = [personOf('ann'), personOf('ben')];
  await slapd.add(groupOf('lab'), { objectClass: 'groupOfNames', cn: 'lab', member: [ann, ben] });
  await slapd.add(groupOf('lab-heads'), { objectClass: 'groupOfNames', cn: 'lab-heads', member: ann });
  await slapd.add(groupOf('posix'), { objectClass: 'posixGroup', cn: 'posix', gidNumber: '30001', memberUid: ['ben'] });
  await slapd.add(groupOf('unique'), { objectClass: 'groupOfUniqueNames', cn: 'unique', uniqueMember: ben });
  identity = await startWithDirectory(slapd, { IDENTITY_LDAP_GROUPS: mapping });
  operator = (await identity.logIn(await identity.operator())).accessToken;
});
afterAll(async () => {
  await identity.stop();
  await slapd.stop();
});

/** A person's groups as they see them. */
const groupsOf = async (token: string) => {
  const { data } = await identity.call<{
    viewer: { user: { groups: { nodes: { id: string; name: string; viewerRole: string }[] } } };
  }>('{ viewer { user { groups { nodes { id name viewerRole } } } } }', {}, { token });
  return (data?.viewer.user.groups.nodes ?? []).map(({ name, viewerRole }) => `${name}: ${viewerRole}`).sort();
};
const groupId = async (name: string): Promise<string> =>
  (await identity.sql<{ id: string }>('SELECT id FROM "group" WHERE name = $1', [name]))[0]?.id ?? '';
const published = async (userId: string, group: string) =>
  (
    await identity.sql<{ state: string }>(
      `SELECT state FROM feed_row WHERE kind = 'MEMBERSHIP' AND subject = $1 ORDER BY sequence`,
      [`${group}/${userId}`],
    )
  ).map(({ state }) => state);
const change = (name: string, input: Record<string, unknown>, token: string) =>
  mutate(identity, name, input, 'group { id }', token);

it("maps the directory's groups to groups with a role, of member, uniqueMember and memberUid", async () => {
  const [ann, ben, cat] = [await logIn(identity, 'ann'), await logIn(identity, 'ben'), await logIn(identity, 'cat')];
  expect(await groupsOf(ann.accessToken)).toEqual(['Physics Lab: ADMIN']);
  expect(await groupsOf(ben.accessToken)).toEqual(['Computing: MEMBER', 'Physics Lab: MEMBER', 'Unique: MEMBER']);
  expect(await groupsOf(cat.accessToken)).toEqual([]);
  expect(await published(ann.user.id, await groupId('Physics Lab'))).toEqual(['ADMIN']);
});

it('follows changes at the next refresh: in, out, and another role', async () => {
  const ann = await logIn(identity, 'ann');
  const ben = await logIn(identity, 'ben');
  const lab = await groupId('Physics Lab');
  const before = (await published(ann.user.id, lab)).length;
  await slapd.change(groupOf('lab'), 'delete', 'member', [personOf('ben')]);
  await slapd.change(groupOf('lab-heads'), 'replace', 'member', [personOf('cat')]);
  await slapd.change(groupOf('posix'), 'delete', 'memberUid', ['ben']);
  const again = await refresh(identity, ben.refreshToken);
  await refresh(identity, ann.refreshToken);
  expect(await groupsOf(ben.accessToken)).toEqual(['Unique: MEMBER']);
  // The last ADMIN loses the role as well: the directory's word is not refused.
  expect(await groupsOf(ann.accessToken)).toEqual(['Physics Lab: MEMBER']);
  expect((await published(ann.user.id, lab)).slice(before)).toEqual(['MEMBER']);
  expect(await groupsOf((await logIn(identity, 'cat')).accessToken)).toEqual(['Physics Lab: ADMIN']);
  // Nothing changed: nothing is written.
  const rows = await identity.sql('SELECT 1 FROM feed_row');
  await refresh(identity, again.refreshToken);
  expect(await identity.sql('SELECT 1 FROM feed_row')).toHaveLength(rows.length);
});

it('takes away what a group gave when the group is removed there', async () => {
  await slapd.add(groupOf('brief'), { objectClass: 'groupOfNames', cn: 'brief', member: personOf('cat') });
  const other = await startWithDirectory(slapd, {
    IDENTITY_LDAP_GROUPS: JSON.stringify([{ dn: groupOf('brief'), group: 'Brief' }]),
  });
  const cat = await logIn(other, 'cat');
  const memberships = () => other.sql(`SELECT 1 FROM group_member WHERE user_id = $1`, [cat.user.id]);
  expect(await memberships()).toHaveLength(1);
  await slapd.remove(groupOf('brief'));
  await refresh(other, cat.refreshToken);
  expect(await memberships()).toHaveLength(0);
  await other.stop();
});

it('is not changed by hand, while people by hand in the same group are not changed by the directory', async () => {
  const lab = await groupId('Physics Lab');
  const cat = await logIn(identity, 'cat');
  const local = await identity.newPerson();
  const theirs = { groupId: lab, userId: cat.user.id };
  for (const token of [operator, cat.accessToken]) {
    expect(codeOf(await change('removeGroupMember', theirs, token))).toBe('MEMBERSHIP_OF_DIRECTORY');
    expect(codeOf(await change('setGroupRole', { ...theirs, role: 'MEMBER' }, token))).toBe('MEMBERSHIP_OF_DIRECTORY');
  }
  expect(codeOf(await change('leaveGroup', { groupId: lab }, cat.accessToken))).toBe('MEMBERSHIP_OF_DIRECTORY');
  const invited = await change('inviteGroupMember', { groupId: lab, username: local.username }, cat.accessToken);
  expect(codeOf(invited)).toBe('OK');
  const session = await identity.logIn(local);
  expect(codeOf(await change('acceptInvitation', { groupId: lab }, session.accessToken))).toBe('OK');
  await refresh(identity, cat.refreshToken);
  expect(await groupsOf(session.accessToken)).toEqual(['Physics Lab: MEMBER']);
  expect(codeOf(await change('removeGroupMember', { groupId: lab, userId: local.id }, cat.accessToken))).toBe('OK');
});

it('of a person of the directory by hand is left alone until the directory speaks of it', async () => {
  const unique = await groupId('Unique');
  const cat = await logIn(identity, 'cat');
  const input = { groupId: unique, userId: cat.user.id, role: 'ADMIN' };
  expect(codeOf(await change('addGroupMember', input, operator))).toBe('OK');
  const { refreshToken } = await refresh(identity, cat.refreshToken);
  expect(await groupsOf(cat.accessToken)).toContain('Unique: ADMIN');
  await slapd.change(groupOf('unique'), 'add', 'uniqueMember', [personOf('cat')]);
  const next = await refresh(identity, refreshToken);
  expect(await groupsOf(cat.accessToken)).toContain('Unique: MEMBER');
  await slapd.change(groupOf('unique'), 'delete', 'uniqueMember', [personOf('cat')]);
  await refresh(identity, next.refreshToken);
  expect(await groupsOf(cat.accessToken)).toEqual(['Physics Lab: ADMIN']);
});

it('takes an invitation away where the directory lets the invited person in, or puts them out', async () => {
  const unique = await groupId('Unique');
  const cat = await logIn(identity, 'cat');
  const invitations = () => identity.sql('SELECT role FROM group_invitation WHERE user_id = $1', [cat.user.id]);
  const input = { groupId: unique, userId: cat.user.id, role: 'ADMIN' };
  expect(codeOf(await change('inviteGroupMember', input, operator))).toBe('OK');
  expect(await invitations()).toHaveLength(1);
  await slapd.change(groupOf('unique'), 'add', 'uniqueMember', [personOf('cat')]);
  const { refreshToken } = await refresh(identity, cat.refreshToken);
  expect(await groupsOf(cat.accessToken)).toContain('Unique: MEMBER');
  expect(await invitations()).toEqual([]);
  // One that a race left behind goes with the membership.
  await identity.sql(
    `INSERT INTO group_invitation (group_id, user_id, role, inviter_id, created_at, expires_at)
     VALUES ($1, $2, 'ADMIN', $2, now(), now() + interval '1 year')`,
    [unique, cat.user.id],
  );
  await slapd.change(groupOf('unique'), 'delete', 'uniqueMember', [personOf('cat')]);
  await refresh(identity, refreshToken);
  expect(await invitations()).toEqual([]);
});

it('stays with a group that is renamed, and lets nobody new into an archived one', async () => {
  const lab = await groupId('Computing');
  await mutate(identity, 'renameGroup', { groupId: lab, name: 'Renamed' }, 'group { id }', operator);
  await identity.restart();
  await slapd.change(groupOf('posix'), 'add', 'memberUid', ['cat']);
  const cat = await logIn(identity, 'cat');
  expect(await groupsOf(cat.accessToken)).toContain('Renamed: MEMBER');
  expect(await groupId('Computing')).toBe('');
  await change('archiveGroup', { groupId: lab }, operator);
  await slapd.change(groupOf('posix'), 'add', 'memberUid', ['ann']);
  expect(await groupsOf((await logIn(identity, 'ann')).accessToken)).toEqual(['Physics Lab: MEMBER']);
});

it('maps to a group that people made only by its id, and names what it cannot map to', async () => {
  const fresh = await startWithDirectory(slapd);
  const made = await mutate(
    fresh,
    'createGroup',
    { idempotencyKey: 'x', name: 'Taken first' },
    'group { id }',
    (await fresh.logIn(await fresh.operator())).accessToken,
  );
  const startWith = async (group: string) => {
    const more: Variables = { IDENTITY_LDAP_GROUPS: JSON.stringify([{ dn: groupOf('unique'), group }]) };
    const config = { ...readIdentityConfig(variables(slapd, more)), logLevel: 'silent' };
    const running = await startIdentity({ ...fresh.settings, service: 'identity' }, { clock: fresh.clock, config });
    await running.stop();
  };
  await expect(startWith('Taken first')).rejects.toThrow(
    'IDENTITY_LDAP_GROUPS names the group Taken first, which people made; give its id to map it all the same.',
  );
  await expect(startWith('grp_01h455vb4pex5vsknk084sn02q')).rejects.toThrow("which is no group's id");
  await startWith(idOf(made, 'group'));
  await fresh.stop();
});

it('are not asked for those who are looked at only to see whether they are there', async () => {
  const searches = async () => (await slapd.log()).split(`SRCH base="${groupOf('lab')}"`).length - 1;
  await slapd.addPerson('dee');
  const { refreshToken } = await logIn(identity, 'dee');
  await slapd.remove(personOf('dee'));
  const before = await searches();
  expect(before).toBeGreaterThan(0);
  // Before the account is closed, the directory is asked for others, and has them.
  expect((await refresh(identity, refreshToken)).code).toBe('INVALID_REFRESH_TOKEN');
  expect(await searches()).toBe(before);
});
