import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { inDays } from './support/accessWorld.js';
import { type GroupWorld, makeGroupWorld, type TestGroup } from './support/groupWorld.js';
import { type Loose, patience, type RealPeers, type Somebody, startRealPeers } from './support/realPeers.js';

// A program that acts for a person by an exchanged token (RFC 8693, `act`): it asks and uses within its scopes and the
// person's rights of now, and decides nothing. That identity gives it what both have is tested in test/identity.

let peers: RealPeers;
let world: GroupWorld;
let group: TestGroup;
let member: Somebody;
let cores: Loose;
let drive: Loose;
const programId = newId('serviceAccount');

beforeAll(async () => {
  peers = await startRealPeers();
  world = makeGroupWorld(peers);
  group = await world.makeGroup();
  member = await group.join('MEMBER');
  cores = await world.grantTo(group, wellKnown.offerCompute);
  drive = await world.grantTo(group, wellKnown.offerStorage);
});
afterAll(() => peers.stop());

/** Somebody, by a program's token for one service. */
const by = async (
  { userId }: Somebody,
  audience: string,
  scopes: readonly string[],
  actor: string = programId,
): Promise<Somebody> => ({
  userId,
  token: await peers.identity.issueToken({ subject: userId, audience, scopes, actor }),
});
const REQUESTING = ['access:request', 'accounting:spend'];
const SUBMITTING = ['compute:submit', 'accounting:spend', 'storage:read'];

describe('a program that acts for a person', () => {
  it('asks for the group as its ADMIN could, and not as a member could not', async () => {
    const grant = await world.grantTo(
      { ...group, admin: await by(group.admin, 'access', REQUESTING) },
      wellKnown.offerStorage,
      {
        quantity: '1',
      },
    );
    expect(grant['holder']).toEqual({ __typename: 'Group', id: group.groupId });
    const forMember = await by(member, 'access', REQUESTING);
    await expect(world.grantTo({ ...group, admin: forMember }, wellKnown.offerStorage)).rejects.toThrow('FORBIDDEN');
    const narrow = await by(group.admin, 'access', ['accounting:spend']);
    await expect(world.grantTo({ ...group, admin: narrow }, wellKnown.offerStorage)).rejects.toThrow('FORBIDDEN');
  });

  it('submits jobs and reads a drive of the group, each with the scope for it', async () => {
    const submitter = await by(member, 'compute', SUBMITTING);
    expect(await world.submit(submitter, cores['id'])).toMatchObject({
      job: { submittedBy: { id: member.userId } },
      refusal: null,
    });
    await expect(world.submit(await by(member, 'compute', ['storage:read']), cores['id'])).rejects.toThrow('FORBIDDEN');
    const reader = await by(member, 'storage', ['storage:read']);
    const shown = await world.driveOf(reader, drive['id']);
    expect(shown).toMatchObject({ status: 'ACTIVE' });
    await expect(world.beginUpload(reader, shown?.['id'], 'a', Buffer.from('a'))).rejects.toThrow('FORBIDDEN');
  });

  it('decides, publishes, revokes and spends nothing, whatever its scopes and the person are', async () => {
    const provider = await peers.makeAdmin();
    const atAccess = await by(provider, 'access', REQUESTING);
    const mutations = [
      ['approveAccessRequest', 'ApproveAccessRequestInput', { idempotencyKey: 'a', accessRequestId: newId('request') }],
      ['denyAccessRequest', 'DenyAccessRequestInput', { accessRequestId: newId('request'), reason: 'no' }],
      ['revokeGrant', 'RevokeGrantInput', { grantId: cores['id'], reason: 'no' }],
      ['retireOffer', 'RetireOfferInput', { offerId: wellKnown.offerStorage }],
      [
        'publishOffer',
        'PublishOfferInput',
        { idempotencyKey: 'p', name: 'x', per: 'GIB_MONTH', price: { amount: '1', unit: 'CREDIT' } },
      ],
    ] as const;
    for (const [name, type, input] of mutations) {
      const document = `mutation M($input: ${type}!) { ${name}(input: $input) { refusal { code } } }`;
      await expect(peers.call('access', document, { input }, atAccess.token), name).rejects.toThrow('FORBIDDEN');
    }
    const atAccounting = await by(group.admin, 'accounting', ['accounting:spend']);
    const transfer = 'mutation T($input: TransferInput!) { transfer(input: $input) { refusal { code } } }';
    const input = {
      idempotencyKey: newId('audit'),
      debitAccountId: group.accountId,
      creditAccountId: wellKnown.accountRevenueLocal,
      amount: { amount: '1', unit: 'CREDIT' },
      description: 'x',
    };
    await expect(peers.call('accounting', transfer, { input }, atAccounting.token)).rejects.toThrow('FORBIDDEN');
    const cap = 'mutation C($input: SetMemberCapInput!) { setMemberCap(input: $input) { refusal { code } } }';
    const capInput = { input: { grantId: cores['id'] } };
    await expect(peers.call('accounting', cap, capInput, atAccounting.token)).rejects.toThrow('FORBIDDEN');
  });

  it('is known by its token at the one service that it is for, through the gateway alone', async () => {
    const atCompute = await by(member, 'compute', SUBMITTING);
    await expect(world.driveOf(atCompute, drive['id'])).rejects.toThrow('UNAUTHENTICATED');
    const query = 'query J($id: ID!) { job(id: $id) { id } }';
    const asAccess = peers.callAs('access', 'compute', query, { id: newId('job') }, atCompute.token);
    await expect(asAccess).rejects.toThrow('UNAUTHENTICATED');
  });

  it('ends with the membership of the person, and with the program', async () => {
    const leaver = await group.join('MEMBER');
    const submitter = await by(leaver, 'compute', SUBMITTING);
    expect(await world.submit(submitter, cores['id'])).toMatchObject({ refusal: null });
    group.remove(leaver);
    await expect
      .poll(() => world.submit(submitter, cores['id']), patience)
      .toMatchObject({ refusal: { code: 'GRANT_NOT_USABLE' } });

    const gone = newId('serviceAccount');
    const other = await by(member, 'compute', SUBMITTING, gone);
    expect(await world.submit(other, cores['id'])).toMatchObject({ refusal: null });
    peers.identity.publish({ kind: 'SERVICE', subject: gone, state: 'DISABLED' });
    const code = () => world.submit(other, cores['id']).then(String, String);
    await expect.poll(code, patience).toContain('UNAUTHENTICATED');
  });

  it('has idempotency keys of its own, apart from the person’s', async () => {
    const key = newId('audit');
    const [startsAt, endsAt] = [inDays(1), inDays(2)];
    const admin = await by(group.admin, 'access', REQUESTING);
    const ask = (who: Somebody) =>
      peers.call(
        'access',
        'mutation A($input: RequestAccessInput!) { requestAccess(input: $input) { accessRequest { id } refusal { code } } }',
        {
          input: {
            idempotencyKey: key,
            offerId: wellKnown.offerStorage,
            quantity: '1',
            startsAt,
            endsAt,
            accountId: group.accountId,
            groupId: group.groupId,
            name: 'x',
          },
        },
        who.token,
      );
    const idOf = (answer: Loose) => answer['requestAccess']?.['accessRequest']?.['id'];
    const first = idOf(await ask(admin));
    expect(idOf(await ask(admin))).toBe(first);
    expect(idOf(await ask(group.admin))).not.toBe(first);
  });
});
