import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { type GroupWorld, makeGroupWorld, type TestGroup } from './support/groupWorld.js';
import { type Loose, patience, type RealPeers, type Somebody, startRealPeers } from './support/realPeers.js';

// A grant that a group holds, with the real accounting, storage and compute: its members use it, its ADMINs decide.

let peers: RealPeers;
let world: GroupWorld;
let group: TestGroup;
let member: Somebody;
let other: Somebody;
let former: Somebody;
let elsewhere: Somebody;
let drive: Loose;
let cores: Loose;

beforeAll(async () => {
  peers = await startRealPeers();
  world = makeGroupWorld(peers);
  group = await world.makeGroup();
  member = await group.join('MEMBER');
  other = await group.join('MEMBER');
  former = await group.join('MEMBER');
  elsewhere = (await world.makeGroup()).admin;
  drive = await world.grantTo(group, wellKnown.offerStorage);
  cores = await world.grantTo(group, wellKnown.offerCompute);
  group.remove(former);
  await vi.waitFor(async () => {
    expect(await world.entities('access', 'Grant', [drive['id']], former)).toEqual([null]);
    expect(await world.driveOf(former, drive['id'])).toBeNull();
    expect(await world.submit(former, cores['id'])).toMatchObject({ refusal: { code: 'GRANT_NOT_USABLE' } });
  }, patience);
});
afterAll(() => peers.stop());

const END = `mutation End($input: EndGrantInput!) { endGrant(input: $input) { grant { status } refund { id } refusal { code } } }`;
const EXTEND = `mutation Extend($input: ExtendGrantInput!) { extendGrant(input: $input) {
  grant { quantity holder { ... on Group { id } } } refusal { code message } } }`;
const end = (who: Somebody, grantId: unknown) =>
  peers.call('access', END, { input: { idempotencyKey: newId('audit'), grantId } }, who.token);
const outsiders = () => [former, elsewhere];

describe('a grant of a group', () => {
  it('is held by the group, on the money of the group, and is shown to its members', async () => {
    expect(drive['holder']).toEqual({ __typename: 'Group', id: group.groupId });
    const escrow =
      'query A($id: ID!) { account(id: $id) { kind owner { ... on Group { id } } balance { posted { amount } } } }';
    const held = await peers.call('accounting', escrow, { id: drive['escrow']?.['id'] }, member.token);
    expect(held['account']).toEqual({
      kind: 'ESCROW',
      owner: { id: group.groupId },
      balance: { posted: { amount: expect.stringMatching(/^10(\.|$)/) } },
    });
    const list = `query L($id: ID!) { _entities(representations: [{ __typename: "Group", id: $id }])
      { ... on Group { grants(first: 1) { nodes { id } pageInfo { hasNextPage } } } } }`;
    const listed = await peers.call('access', list, { id: group.groupId }, member.token);
    expect(listed['_entities']?.[0]?.['grants']).toEqual({
      nodes: [{ id: cores['id'] }],
      pageInfo: { hasNextPage: true },
    });
    for (const who of outsiders()) {
      await expect(peers.call('access', list, { id: group.groupId }, who.token)).rejects.toThrow('NOT_FOUND');
    }
  });

  it('is not asked for by a member with the money of the group', async () => {
    const asked = world.grantTo({ ...group, admin: member }, wellKnown.offerStorage);
    await expect(asked).rejects.toThrow('FORBIDDEN');
  });

  it('is extended by an ADMIN, on the money of the group; by no member and nobody else', async () => {
    const extend = (who: Somebody) => {
      const input = { idempotencyKey: newId('audit'), grantId: drive['id'], quantity: '1' };
      return peers.call('access', EXTEND, { input }, who.token);
    };
    await expect(extend(member)).rejects.toThrow('FORBIDDEN');
    for (const who of outsiders()) await expect(extend(who)).rejects.toThrow('NOT_FOUND');
    expect(await extend(group.admin)).toMatchObject({
      extendGrant: { grant: { quantity: '11', holder: { id: group.groupId } }, refusal: null },
    });
  });

  it('is shown by key to its members alone, in every service', async () => {
    const { id: driveId } = (await world.driveOf(member, drive['id'])) ?? {};
    const job = await world.submit(member, cores['id']);
    const jobId = job?.['job']?.['id'];
    for (const who of [member, group.admin]) {
      expect(await world.entities('access', 'Grant', [drive['id'], cores['id']], who)).toEqual([
        { id: drive['id'] },
        { id: cores['id'] },
      ]);
      expect(await world.entities('storage', 'Drive', [driveId], who)).toEqual([{ id: driveId }]);
      expect(await world.entities('compute', 'Job', [jobId], who)).toEqual([{ id: jobId }]);
    }
    expect(await world.entities('compute', 'Job', [jobId], other)).toEqual([null]);
    for (const who of outsiders()) {
      expect(await world.entities('access', 'Grant', [drive['id'], cores['id']], who)).toEqual([null, null]);
      expect(await world.entities('storage', 'Drive', [driveId], who)).toEqual([null]);
      expect(await world.entities('compute', 'Job', [jobId], who)).toEqual([null]);
      expect(await world.driveOf(who, drive['id'])).toBeNull();
    }
  });

  it('lets one member write to its drive and another read, and nobody else', async () => {
    const { id: driveId } = (await world.driveOf(member, drive['id'])) ?? {};
    const content = Buffer.from('what we found');
    const begun = await world.beginUpload(member, driveId, 'results/a.txt', content);
    const put = await world.putPart(begun['upload']?.['parts']?.[0]?.['url'], content);
    expect(put.status).toBe(200);
    const completed = await world.completeUpload(other, begun['upload']?.['id']);
    expect(completed).toMatchObject({ file: { path: 'results/a.txt' }, refusal: null });
    const { url } = await world.download(other, completed['file']?.['id']);
    expect(await (await fetch(String(url))).text()).toBe('what we found');
    for (const who of outsiders()) {
      await expect(world.beginUpload(who, driveId, 'x', content)).rejects.toThrow('NOT_FOUND');
      await expect(world.download(who, completed['file']?.['id'])).rejects.toThrow('NOT_FOUND');
    }
  });

  it('pays for the jobs of its members, each of whom sees the own, its ADMINs all', async () => {
    const mine = await world.submit(member, cores['id']);
    const theirs = await world.submit(other, cores['id']);
    expect(mine).toMatchObject({ job: { submittedBy: { id: member.userId } }, refusal: null });
    const list = `query J($id: ID!) { _entities(representations: [{ __typename: "Grant", id: $id }])
      { ... on Grant { jobs(first: 100) { nodes { id } } } } }`;
    const jobsOf = async (who: Somebody) => {
      const answer = await peers.call('compute', list, { id: cores['id'] }, who.token);
      const nodes = answer['_entities']?.[0]?.['jobs']?.['nodes'] as unknown as readonly { id: unknown }[] | undefined;
      return nodes?.map(({ id }) => id);
    };
    expect(await jobsOf(other)).toEqual([theirs?.['job']?.['id']]);
    expect(await jobsOf(group.admin)).toEqual(expect.arrayContaining([mine?.['job']?.['id'], theirs?.['job']?.['id']]));
    for (const who of outsiders()) {
      expect(await world.submit(who, cores['id'])).toMatchObject({ refusal: { code: 'GRANT_NOT_USABLE' } });
      expect(await jobsOf(who)).toBeUndefined();
    }
    const cancel =
      'mutation C($input: CancelJobInput!) { cancelJob(input: $input) { job { status } refusal { code } } }';
    const cancelled = (who: Somebody, jobId: unknown) =>
      peers.call('compute', cancel, { input: { idempotencyKey: newId('audit'), jobId } }, who.token);
    await expect(cancelled(other, mine?.['job']?.['id'])).rejects.toThrow('NOT_FOUND');
    expect(await cancelled(group.admin, mine?.['job']?.['id'])).toMatchObject({ cancelJob: { refusal: null } });
  });

  it('is ended by its ADMINs alone, and the rest goes back to the group', async () => {
    const fresh = await world.grantTo(group, wellKnown.offerCompute);
    await expect(end(member, fresh['id'])).rejects.toThrow('FORBIDDEN');
    for (const who of outsiders()) await expect(end(who, fresh['id'])).rejects.toThrow('NOT_FOUND');
    const before = await postedOf(group);
    expect(await end(group.admin, fresh['id'])).toMatchObject({
      endGrant: { grant: { status: 'ENDED' }, refusal: null },
    });
    expect((await postedOf(group)) - before).toBe(10);
  });
});

async function postedOf({ accountId, admin }: TestGroup): Promise<number> {
  const document = 'query A($id: ID!) { account(id: $id) { balance { posted { amount } } } }';
  const answer = await peers.call('accounting', document, { id: accountId }, admin.token);
  return Number(answer['account']?.['balance']?.['posted']?.['amount']);
}
