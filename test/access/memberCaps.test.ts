import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { assertLedgerInvariants } from '../invariants/assertLedgerInvariants.js';
import { type GroupWorld, makeGroupWorld, type TestGroup } from './support/groupWorld.js';
import { type Loose, type RealPeers, type Somebody, startRealPeers } from './support/realPeers.js';

// Caps of members on a group's compute grant, judged by the real ledger where the real compute reserves.
// A job of these tests reserves 2 CREDIT.

let peers: RealPeers;
let world: GroupWorld;
let group: TestGroup;
let member: Somebody;
let other: Somebody;
let grantId: unknown;
let escrowId: unknown;

beforeAll(async () => {
  peers = await startRealPeers();
  world = makeGroupWorld(peers);
  group = await world.makeGroup();
  member = await group.join('MEMBER');
  other = await group.join('MEMBER');
});
afterAll(async () => {
  await assertLedgerInvariants(peers.databaseOf('accounting').ownerUrl);
  await peers.stop();
});
beforeEach(async () => {
  const grant = await world.grantTo(group, wellKnown.offerCompute, { quantity: '10' });
  grantId = grant['id'];
  escrowId = grant['escrow']?.['id'];
});

const SET = `mutation C($input: SetMemberCapInput!) { setMemberCap(input: $input) {
  account { id } refusal { code message ... on InvalidInput { path } } } }`;
const setCap = async (who: Somebody, amount: string | null, over: object = {}): Promise<Loose | undefined> => {
  const input = { grantId, ...(amount === null ? {} : { limit: { amount, unit: 'CREDIT' } }), ...over };
  return (await peers.call('accounting', SET, { input }, who.token))['setMemberCap'];
};
const capsOf = async (who: Somebody) => {
  const document = `query K($id: ID!) { account(id: $id) { memberCap { amount } budgets { id }
    memberCaps { nodes { member { id } limit { amount } spent { amount } held { amount } remaining { amount } } } } }`;
  return (await peers.call('accounting', document, { id: escrowId }, who.token))['account'];
};
const cap = (who: Somebody, limit: string, held: string, remaining: string) => ({
  member: { id: who.userId },
  limit: { amount: limit },
  spent: { amount: '0' },
  held: { amount: held },
  remaining: { amount: remaining },
});
const refused = { job: null, refusal: { code: 'LIMIT_EXCEEDED' } };
const done = { refusal: null };

describe('caps of members', () => {
  it('are never exceeded by parallel submissions of one member, and each member has the own', async () => {
    expect(await setCap(group.admin, '4')).toMatchObject({ account: { id: escrowId }, refusal: null });
    const all = await Promise.all(
      [member, other].flatMap((who) => Array.from({ length: 5 }, () => world.submit(who, grantId))),
    );
    for (const mine of [all.slice(0, 5), all.slice(5)]) {
      expect(mine.filter((one) => one?.['refusal'] === null)).toHaveLength(2);
      for (const one of mine.filter((answer) => answer?.['refusal'] !== null)) expect(one).toMatchObject(refused);
    }
    expect(await capsOf(member)).toEqual({
      memberCap: { amount: '4' },
      budgets: [],
      memberCaps: { nodes: [cap(member, '4', '4', '0')] },
    });
  });

  it('name themselves, and say what to do about them', async () => {
    await setCap(group.admin, '1');
    const { refusal } = (await world.submit(member, grantId)) ?? {};
    expect(refusal).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      limit: expect.stringContaining(`cap of ${member.userId} on ${String(grantId)}`),
      message: expect.stringContaining('raise the cap (setMemberCap)'),
    });
  });

  it('can be another for one member, who alone sees it besides the ADMINs', async () => {
    await setCap(group.admin, '2');
    await setCap(group.admin, '6', { memberId: member.userId });
    for (let job = 0; job < 3; job += 1) expect(await world.submit(member, grantId)).toMatchObject(done);
    expect(await world.submit(member, grantId)).toMatchObject(refused);
    expect(await world.submit(other, grantId)).toMatchObject(done);
    expect(await world.submit(other, grantId)).toMatchObject(refused);
    const nodes = async (who: Somebody) => (await capsOf(who))?.['memberCaps']?.['nodes'];
    expect(await nodes(member)).toEqual([cap(member, '6', '6', '0')]);
    expect(await nodes(other)).toEqual([cap(other, '2', '2', '0')]);
    expect(await nodes(group.admin)).toEqual([cap(member, '6', '6', '0'), cap(other, '2', '2', '0')]);
  });

  it('count what was used before they were set, and refuse what is new alone', async () => {
    const job = await world.submit(member, grantId);
    await world.submit(member, grantId);
    await setCap(group.admin, '3');
    expect((await capsOf(member))?.['memberCaps']).toEqual({ nodes: [cap(member, '3', '4', '-1')] });
    expect(await world.submit(member, grantId)).toMatchObject(refused);
    const cancel =
      'mutation C($input: CancelJobInput!) { cancelJob(input: $input) { job { status } refusal { code } } }';
    const input = { idempotencyKey: newId('audit'), jobId: job?.['job']?.['id'] };
    await peers.call('compute', cancel, { input }, member.token);
    // What the job gave back can be used by another, of one CREDIT.
    expect(await world.submit(member, grantId)).toMatchObject(refused);
    const resources = { cpusPerTask: 1, wallTimeSeconds: 3_600 };
    expect(await world.submit(member, grantId, { resources })).toMatchObject(done);
  });

  it('are lifted, one by one and for all', async () => {
    await setCap(group.admin, '1');
    await setCap(group.admin, '2', { memberId: member.userId });
    expect(await world.submit(member, grantId)).toMatchObject(done);
    await setCap(group.admin, null, { memberId: member.userId });
    expect((await capsOf(member))?.['memberCaps']).toEqual({ nodes: [cap(member, '1', '2', '-1')] });
    expect(await world.submit(member, grantId)).toMatchObject(refused);
    await setCap(group.admin, null);
    expect(await capsOf(member)).toEqual({ memberCap: null, budgets: [], memberCaps: { nodes: [] } });
    expect(await world.submit(member, grantId)).toMatchObject(done);
  });

  it('are set by the ADMINs of the group alone, of a grant that a group holds', async () => {
    await expect(setCap(member, '1')).rejects.toThrow('FORBIDDEN');
    const stranger = (await world.makeGroup()).admin;
    await expect(setCap(stranger, '1')).rejects.toThrow('NOT_FOUND');
    await expect(setCap(group.admin, '1', { grantId: newId('grant') })).rejects.toThrow('NOT_FOUND');
    expect(await setCap(group.admin, '0')).toMatchObject({ refusal: { code: 'AMOUNT_NOT_POSITIVE' } });
    expect(await setCap(group.admin, '1', { memberId: 'x' })).toMatchObject({
      refusal: { code: 'INVALID_INPUT', path: ['memberId'] },
    });
    const payer = await peers.makePayer();
    const own = await world.grantTo({ ...group, accountId: payer.accountId, admin: payer }, wellKnown.offerCompute, {
      groupId: null,
    });
    expect(await setCap(payer, '1', { grantId: own['id'] })).toMatchObject({
      refusal: { code: 'INVALID_INPUT', path: ['grantId'] },
    });
  });

  it('are refused on a drive, of which members spend nothing', async () => {
    const drive = await world.grantTo(group, wellKnown.offerStorage, { quantity: '1' });
    const onDrive = { grantId: drive['id'] };
    const no = {
      account: null,
      refusal: { code: 'DRIVE_TAKES_NO_CAP', message: expect.stringContaining('Ask for a drive for the member') },
    };
    expect(await setCap(group.admin, '1', onDrive)).toMatchObject(no);
    expect(await setCap(group.admin, '1', { ...onDrive, memberId: member.userId })).toMatchObject(no);
    await expect(setCap(member, '1', onDrive)).rejects.toThrow('FORBIDDEN');
    // One that was set before it was refused can be taken away.
    await peers.sql('accounting', 'UPDATE escrow SET member_cap = 1 WHERE grant_id = $1', [drive['id']]);
    expect(await setCap(group.admin, null, onDrive)).toMatchObject({
      account: { id: expect.any(String) },
      refusal: null,
    });
    expect(await peers.sql('accounting', 'SELECT member_cap FROM escrow WHERE grant_id = $1', [drive['id']])).toEqual([
      { member_cap: null },
    ]);
  });

  it('last as long as the grant, also where its window is moved', async () => {
    await setCap(group.admin, '1', { memberId: member.userId });
    const ends = '2099-01-01T00:00:00.000Z';
    await peers.sql('accounting', 'UPDATE escrow SET ends_at = $1 WHERE account_id = $2', [ends, escrowId]);
    const document = 'query K($id: ID!) { account(id: $id) { memberCaps { nodes { endsAt } } } }';
    const shown = await peers.call('accounting', document, { id: escrowId }, member.token);
    expect(shown['account']?.['memberCaps']).toEqual({ nodes: [{ endsAt: ends }] });
    expect(await world.submit(member, grantId)).toMatchObject(refused);
  });

  it('of a grant that has ended cannot be set', async () => {
    const end = 'mutation E($input: EndGrantInput!) { endGrant(input: $input) { grant { status } refusal { code } } }';
    await peers.call('access', end, { input: { idempotencyKey: newId('audit'), grantId } }, group.admin.token);
    expect(await setCap(group.admin, '1')).toMatchObject({ refusal: { code: 'ACCOUNT_CLOSED' } });
  });
});
