import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { membershipSubject } from '../../platform/auth/memberships.js';
import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { inDays } from './support/accessWorld.js';
import { type Loose, patience, type RealPeers, type Somebody, startRealPeers } from './support/realPeers.js';

// Who was removed from a group requests nothing for it, decides on nothing for it and spends nothing of it, over HTTP, with
// the real accounting; the token is the one of before the removal.

const PUBLISH = `mutation P($input: PublishOfferInput!) { publishOffer(input: $input) { offer { id } refusal { code } } }`;
const ASK = `mutation Ask($input: RequestAccessInput!) { requestAccess(input: $input) {
  accessRequest { id status failure { code } } refusal { code } } }`;
const EXPLAIN = `query E($input: ExplainAccessInput!) { explainAccess(input: $input) { allowed } }`;
const APPROVE = `mutation A($input: ApproveAccessRequestInput!) { approveAccessRequest(input: $input) {
  accessRequest { id status } refusal { code } } }`;
const DENY = `mutation D($input: DenyAccessRequestInput!) { denyAccessRequest(input: $input) {
  accessRequest { id status } refusal { code } } }`;
const OPEN = `mutation O($input: OpenAccountInput!) { openAccount(input: $input) { account { id } refusal { code } } }`;
const TRANSFER = `mutation T($input: TransferInput!) { transfer(input: $input) { transfer { id } refusal { code } } }`;
const LOOK = 'query L($id: ID!) { accessRequest(id: $id) { status } }';
const BALANCE = `query B($id: ID!) { account(id: $id) { balance { posted { amount } held { amount } } } }`;

let peers: RealPeers;
let offerId: string;
beforeAll(async () => {
  peers = await startRealPeers();
  const provider = await peers.makeAdmin();
  const input = {
    idempotencyKey: newId('audit'),
    name: 'Drive, as the group says',
    per: 'GIB_MONTH',
    price: { amount: '1', unit: 'CREDIT' },
    approval: 'GROUP_ADMIN',
    payeeAccountId: wellKnown.accountRevenueLocal,
  };
  // The feed tells of the provider's ADMIN within a second.
  const published = await vi.waitFor(() => peers.call('access', PUBLISH, { input }, provider.token), patience);
  offerId = String(published['publishOffer']?.['offer']?.['id']);
});
afterAll(() => peers.stop());

/** Says what somebody is in a group from now on. */
const setRole = (groupId: string, { userId }: Pick<Somebody, 'userId'>, state: 'ADMIN' | 'MEMBER' | 'NONE') =>
  peers.identity.publish({ kind: 'MEMBERSHIP', subject: membershipSubject(groupId, userId), state });

async function somebody(groupId: string, role: 'ADMIN' | 'MEMBER'): Promise<Somebody> {
  const userId = newId('user');
  setRole(groupId, { userId }, role);
  return { userId, token: await peers.identity.issueToken({ subject: userId }) };
}

/** A group with two ADMINs, a member who has money, and an account with 50 CREDIT. */
async function makeGroup() {
  const groupId = newId('group');
  const payer = await peers.makePayer();
  const [admin, other] = [await somebody(groupId, 'ADMIN'), await somebody(groupId, 'ADMIN')];
  setRole(groupId, payer, 'MEMBER');
  const open = { idempotencyKey: newId('audit'), owner: { groupId }, name: 'Ours', unit: 'CREDIT' };
  const opened = async () =>
    (await peers.call('accounting', OPEN, { input: open }, admin.token).catch(() => null))?.['openAccount'];
  await expect.poll(opened, patience).toMatchObject({ refusal: null });
  const accountId = String((await opened())?.['account']?.['id']);
  const give = {
    idempotencyKey: newId('audit'),
    debitAccountId: payer.accountId,
    creditAccountId: accountId,
    amount: { amount: '50', unit: 'CREDIT' },
    description: 'Share',
  };
  expect(await peers.call('accounting', TRANSFER, { input: give }, payer.token)).toMatchObject({
    transfer: { refusal: null },
  });
  return { groupId, accountId, admin, other, member: payer };
}

const wish = (groupId: string, accountId: string) => ({
  offerId,
  quantity: '10',
  startsAt: inDays(1),
  endsAt: inDays(31),
  accountId,
  groupId,
  name: 'For the group',
});

const ask = (by: Somebody, groupId: string, accountId: string) =>
  peers.call('access', ASK, { input: { idempotencyKey: newId('audit'), ...wish(groupId, accountId) } }, by.token);
const explain = (by: Somebody, groupId: string, accountId: string) =>
  peers.call('access', EXPLAIN, { input: wish(groupId, accountId) }, by.token);
const decide = (document: string, by: Somebody, accessRequestId: string) => {
  const input = document === DENY ? { accessRequestId, reason: 'No.' } : { accessRequestId };
  const withKey = document === DENY ? input : { idempotencyKey: newId('audit'), ...input };
  return peers.call('access', document, { input: withKey }, by.token);
};
const statusOf = async (by: Somebody, id: string) =>
  (await peers.call('access', LOOK, { id }, by.token))['accessRequest']?.['status'];
const balanceOf = async (by: Somebody, id: string) =>
  (await peers.call('accounting', BALANCE, { id }, by.token))['account']?.['balance'];

/** A request that waits for an ADMIN of the group. */
async function waiting(by: Somebody, groupId: string, accountId: string): Promise<string> {
  let answer: Loose | undefined;
  const asked = async () => {
    answer = (await ask(by, groupId, accountId).catch(() => null))?.['requestAccess'];
    return answer;
  };
  await expect.poll(asked, patience).toMatchObject({ refusal: null, accessRequest: { status: 'IN_REVIEW' } });
  return String(answer?.['accessRequest']?.['id']);
}

/** Waits until access has heard of it: then a look at what the group's ADMINs and members see fails. */
const untilRefused = (look: () => Promise<unknown>) =>
  expect
    .poll(
      () =>
        look().then(
          () => 'seen',
          (error: unknown) => String(error),
        ),
      patience,
    )
    .toContain('NOT_FOUND');

describe('somebody who was removed from a group', () => {
  it('requests nothing for it any more, and leaves nothing behind', async () => {
    const { groupId, member } = await makeGroup();
    await waiting(member, groupId, member.accountId);
    const before = await balanceOf(member, member.accountId);
    expect(before).toEqual({ posted: { amount: '50' }, held: { amount: '10' } });
    setRole(groupId, member, 'NONE');
    await untilRefused(() => explain(member, groupId, member.accountId));
    await expect(ask(member, groupId, member.accountId)).rejects.toThrow('NOT_FOUND');
    expect(await balanceOf(member, member.accountId)).toEqual(before);
  });

  it('decides on nothing for it any more; another ADMIN does', async () => {
    const { groupId, member, admin, other } = await makeGroup();
    const id = await waiting(member, groupId, member.accountId);
    expect(await statusOf(other, id)).toBe('IN_REVIEW');
    setRole(groupId, other, 'NONE');
    await untilRefused(() => statusOf(other, id));
    for (const document of [APPROVE, DENY]) await expect(decide(document, other, id)).rejects.toThrow('NOT_FOUND');
    expect(await statusOf(admin, id)).toBe('IN_REVIEW');
    expect(await decide(APPROVE, admin, id)).toMatchObject({
      approveAccessRequest: { refusal: null, accessRequest: { status: 'ACTIVE' } },
    });
  });

  it('decides as a MEMBER as little', async () => {
    const { groupId, member, admin, other } = await makeGroup();
    const id = await waiting(member, groupId, member.accountId);
    setRole(groupId, other, 'MEMBER');
    await untilRefused(() => statusOf(other, id));
    for (const document of [APPROVE, DENY]) await expect(decide(document, other, id)).rejects.toThrow('NOT_FOUND');
    expect(await statusOf(admin, id)).toBe('IN_REVIEW');
  });

  it('spends nothing of it any more, for whichever group', async () => {
    const { groupId, accountId, admin, other } = await makeGroup();
    const elsewhere = newId('group');
    setRole(elsewhere, admin, 'ADMIN');
    await waiting(admin, elsewhere, accountId);
    const before = await balanceOf(other, accountId);
    expect(before).toEqual({ posted: { amount: '50' }, held: { amount: '10' } });
    setRole(groupId, admin, 'NONE');
    await untilRefused(() => balanceOf(admin, accountId));
    // Still an ADMIN of the group that it is for; the money is not theirs to spend.
    await expect(ask(admin, elsewhere, accountId)).rejects.toThrow('NOT_FOUND');
    expect(await balanceOf(other, accountId)).toEqual(before);
  });

  it('gets nothing of what they asked for before, and the group keeps its money', async () => {
    const { groupId, accountId, admin, other } = await makeGroup();
    const id = await waiting(admin, groupId, accountId);
    setRole(groupId, admin, 'NONE');
    await untilRefused(() => explain(admin, groupId, accountId));
    expect(await decide(APPROVE, other, id)).toMatchObject({
      approveAccessRequest: { accessRequest: null, refusal: { code: 'REQUESTER_NOT_ENTITLED' } },
    });
    expect(await decide(DENY, other, id)).toMatchObject({
      denyAccessRequest: { refusal: null, accessRequest: { status: 'DENIED' } },
    });
    await expect
      .poll(() => balanceOf(other, accountId), patience)
      .toEqual({ posted: { amount: '50' }, held: { amount: '0' } });
  });
});
