import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { membershipSubject } from '../../../platform/auth/memberships.js';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { type AccountingHarness, credit, idOf, startAccountingHarness, type TestPerson } from '../support.js';
import { inShort, newCluster, publish, record, send, type TestCluster } from '../usageSupport.js';

let accounting: AccountingHarness;
let cluster: TestCluster;
let admin: TestPerson;
let member: TestPerson;
let stranger: TestPerson;
const groupId = newId('group');

/** Gives a person a role, and waits until accounting has it. */
async function join(person: TestPerson, state: 'MEMBER' | 'ADMIN', group: string): Promise<void> {
  accounting.identity.publish({ kind: 'MEMBERSHIP', subject: membershipSubject(group, person.userId), state });
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Group { accounts { nodes { id } } } } }`;
  const seen = () => accounting.call(query, { r: [{ __typename: 'Group', id: group }] }, { token: person.token });
  await vi.waitFor(async () => expect((await seen()).errors).toEqual([]), { timeout: 10_000 });
}

beforeAll(async () => {
  accounting = await startAccountingHarness();
  cluster = await newCluster(accounting);
  admin = await accounting.newPerson();
  member = await accounting.newPerson();
  stranger = await accounting.newPerson();
  await join(admin, 'ADMIN', groupId);
  await join(member, 'MEMBER', groupId);
  const opened = await accounting.mutate(
    'openAccount',
    { owner: { groupId }, name: 'Lab', unit: wellKnown.unit },
    'account { id }',
    { token: admin.token },
  );
  const accountId = idOf(opened, 'account');
  const input = { accountId, amount: credit('10'), description: 'Grant' };
  await accounting.mutate('deposit', input, 'transfer { id }', { token: accounting.operator.token });
  const sent = await send(accounting, cluster, [
    record('by-admin', { user: admin.userId, group: groupId }),
    record('by-member', { user: member.userId, group: groupId, cpuSeconds: '7200' }),
    record('by-account', { user: member.userId, account: accountId }),
    record('by-nobody', { group: groupId }),
  ]);
  expect(inShort(sent)).toEqual(['RECORDED 1', 'RECORDED 2', 'RECORDED 1', 'RECORDED 1']);
});
afterAll(async () => {
  await accounting.stop();
});

async function see(person: TestPerson, filter: object): Promise<{ names: readonly string[]; charged: string }> {
  const answer = await accounting.call<{
    usage: { nodes: { externalId: string }[]; totals: { amounts: { charged: { amount: string } }[] } };
  }>(
    'query ($filter: UsageFilter) { usage(filter: $filter) { nodes { externalId } totals { amounts { charged { amount } } } } }',
    { filter },
    { token: person.token },
  );
  const { nodes, totals } = answer.data?.usage ?? { nodes: [], totals: { amounts: [] } };
  return { names: nodes.map(({ externalId }) => externalId).sort(), charged: totals.amounts[0]?.charged.amount ?? '0' };
}

describe('usage of a group', () => {
  it('is paid by the group’s account, and seen whole by its ADMINs', async () => {
    const all = { names: ['by-account', 'by-admin', 'by-member', 'by-nobody'], charged: '5' };
    expect(await see(admin, { groupId })).toEqual(all);
    expect(await see(accounting.operator, { groupId })).toEqual(all);
    expect(await see(admin, { groupId, userId: member.userId })).toEqual({
      names: ['by-account', 'by-member'],
      charged: '3',
    });
  });

  it('is seen by a member as one’s own records and the group’s totals, of nobody else alone', async () => {
    expect(await see(member, { groupId })).toEqual({ names: ['by-account', 'by-member'], charged: '5' });
    expect(await see(member, {})).toEqual({ names: ['by-account', 'by-member'], charged: '3' });
    expect(await see(member, { groupId, userId: admin.userId })).toEqual({ names: [], charged: '0' });
  });

  it('is not seen by strangers', async () => {
    expect(await see(stranger, { groupId })).toEqual({ names: [], charged: '0' });
    expect(await see(stranger, { groupId: 'x\0' })).toEqual({ names: [], charged: '0' });
  });

  it('is priced by the ADMINs of the provider', async () => {
    const clusterId = newId('cluster');
    await join(member, 'MEMBER', wellKnown.groupLocal);
    expect((await publish(accounting, clusterId, {}, member)).fault).toBe('FORBIDDEN');
    expect((await publish(accounting, clusterId, {}, admin)).fault).toBe('FORBIDDEN');
    await join(admin, 'ADMIN', wellKnown.groupLocal);
    idOf(await publish(accounting, clusterId, {}, admin), 'rateCard');
  });
});
