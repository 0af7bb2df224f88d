import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { namesOf } from '../support/testIdentity.js';
import { type GroupWorld, makeGroupWorld, type TestGroup } from './support/groupWorld.js';
import { type RealPeers, type Somebody, startRealPeers } from './support/realPeers.js';

// Open OnDemand's balance file, from the gateway over the real services; identity is a stand-in that gives names.

let peers: RealPeers;
let world: GroupWorld;
let origin: string;
let group: TestGroup;
let member: Somebody;
let loner: Somebody & { readonly accountId: string };
let portal: string;

beforeAll(async () => {
  peers = await startRealPeers();
  world = makeGroupWorld(peers);
  origin = await peers.startGateway();
  group = await world.makeGroup();
  member = await group.join('MEMBER');
  loner = await peers.makePayer();
  portal = await peers.identity.issueToken({
    subject: newId('serviceAccount'),
    scopes: ['accounting:usage'],
    clusterIds: [wellKnown.clusterLocal],
  });
  const own = { ...group, admin: loner, accountId: loner.accountId };
  await world.grantTo(own, wellKnown.offerCompute, { groupId: null, quantity: '7.5' });
  await world.grantTo(own, wellKnown.offerCompute, { groupId: null, quantity: '2.25' });
  // Neither a drive nor what has not begun is time on a cluster now.
  await world.grantTo(own, wellKnown.offerStorage, { groupId: null, quantity: '1' });
  const shared = await world.grantTo(group, wellKnown.offerCompute, { quantity: '20' });
  await world.submit(member, shared['id']);
  const cap = `mutation C($input: SetMemberCapInput!) { setMemberCap(input: $input) { account { id } refusal { code } } }`;
  const limit = { amount: '5.9', unit: 'CREDIT' };
  await peers.call(
    'accounting',
    cap,
    { input: { grantId: shared['id'], memberId: member.userId, limit } },
    group.admin.token,
  );
});
afterAll(() => peers.stop());

interface File {
  readonly version: number;
  readonly timestamp: number;
  readonly config: object;
  readonly balances: readonly { readonly user: string; readonly project?: string; readonly value: number }[];
}
const read = async (token: string | null, query = `?clusterId=${wellKnown.clusterLocal}`) => {
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(`${origin}/reports/ood-balances.json${query}`, { headers });
  return { status: answer.status, headers: answer.headers, file: (await answer.json()) as File };
};
const nameOf = ({ userId }: Somebody) => namesOf(userId).username;

describe('the balance file of Open OnDemand', () => {
  it('has the documented form, and names of users and groups', async () => {
    const before = Math.floor(Date.now() / 1_000);
    const { status, headers, file } = await read(portal);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('application/json');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(Object.keys(file)).toEqual(['version', 'timestamp', 'config', 'balances']);
    expect(file.version).toBe(1);
    expect(Number.isInteger(file.timestamp) && file.timestamp >= before).toBe(true);
    expect(file.config).toEqual({ unit: 'CREDIT', project_type: 'group' });
    const project = namesOf(group.groupId).name;
    const lines = [
      { user: nameOf(group.admin), project, value: 18 },
      // 5.9 less the 2 that the job reserves.
      { user: nameOf(member), project, value: 3 },
      { user: nameOf(loner), value: 9 },
    ];
    expect(file.balances).toHaveLength(lines.length);
    expect(file.balances).toEqual(expect.arrayContaining(lines));
  });

  it('says what the ledger has', async () => {
    const { file } = await read(portal);
    const escrows = await peers.call(
      'accounting',
      'query A($id: ID!) { _entities(representations: [{ __typename: "User", id: $id }]) { ... on User { accounts(first: 100) {' +
        ' nodes { kind name balance { available { amount } } } } } } }',
      { id: loner.userId },
      loner.token,
    );
    const nodes = escrows['_entities']?.[0]?.['accounts']?.['nodes'] as unknown as readonly {
      readonly kind: string;
      readonly balance: { readonly available: { readonly amount: string } };
    }[];
    const left = nodes
      .filter(({ kind }) => kind === 'ESCROW')
      .reduce((sum, { balance }) => sum + Number(balance.available.amount), 0);
    // The drive's 1 CREDIT stands on an escrow as well, and is no time on a cluster.
    expect(file.balances.find(({ user }) => user === nameOf(loner))?.value).toBe(Math.trunc(left - 1));
  });

  it('shows a person the own lines, an ADMIN those of the group, also with a personal access key', async () => {
    const byKey = await peers.identity.issueToken({
      subject: member.userId,
      sessionId: newId('personalAccessKey'),
      scopes: ['compute:submit'],
    });
    const users = async (token: string) => (await read(token)).file.balances.map(({ user }) => user);
    expect(await users(byKey)).toEqual([nameOf(member)]);
    expect(await users(loner.token)).toEqual([nameOf(loner)]);
    expect((await users(group.admin.token)).sort()).toEqual([nameOf(group.admin), nameOf(member)].sort());
    expect(await users((await world.makePerson()).token)).toEqual([]);
  });

  it('is for programs that are bound to the cluster, with the scope', async () => {
    const program = (scopes: readonly string[], clusterIds: readonly string[]) =>
      peers.identity.issueToken({ subject: newId('serviceAccount'), scopes, clusterIds });
    const bound = [wellKnown.clusterLocal];
    expect((await read(await program(['compute:control'], bound))).status).toBe(403);
    expect((await read(await program(['accounting:usage'], [newId('cluster')]))).status).toBe(404);
    expect((await read(null)).status).toBe(401);
    expect((await read('nonsense')).status).toBe(401);
    expect((await read(portal, '')).status).toBe(400);
    expect((await read(portal, `?clusterId=${wellKnown.clusterLocal}&unit=POINT`)).file.balances).toEqual([]);
  });
});
