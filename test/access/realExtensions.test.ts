import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { membershipSubject } from '../../platform/auth/memberships.js';
import { armFaults } from '../../platform/faultpoint.js';
import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { assertInvariants } from '../invariants/assertInvariants.js';
import { inDays } from './support/accessWorld.js';
import { patience, type RealPeers, type Somebody, startRealPeers } from './support/realPeers.js';

// Extensions, run-out, purges and other providers' offers with the real accounting, storage and compute.

let peers: RealPeers;
beforeAll(async () => {
  peers = await startRealPeers();
});
afterEach(() => armFaults(''));
afterAll(() => peers.stop());

const ASK = `mutation Ask($input: RequestAccessInput!) { requestAccess(input: $input) {
  accessRequest { status failure { code } grant { id escrow { id } } } refusal { code } } }`;
const EXTEND = `mutation Extend($input: ExtendGrantInput!) { extendGrant(input: $input) {
  grant { quantity endsAt extending granted { amount } consumed { amount } held { amount } remaining { amount } refunded { amount } }
  invoice { id } refund { id } refusal { code ... on InsufficientFunds { shortfall { amount } } } } }`;
const END = `mutation End($input: EndGrantInput!) { endGrant(input: $input) {
  grant { status refunded { amount } } refusal { code } } }`;

async function grantOf(
  payer: Somebody & { accountId: string },
  over: object = {},
): Promise<{ id: string; escrow: string }> {
  const input = {
    idempotencyKey: newId('audit'),
    offerId: wellKnown.offerStorage,
    quantity: '10',
    startsAt: inDays(1),
    endsAt: inDays(31),
    accountId: payer.accountId,
    name: 'Mine',
    ...over,
  };
  const asked = (await peers.call('access', ASK, { input }, payer.token))['requestAccess'];
  expect(asked).toMatchObject({ accessRequest: { status: 'ACTIVE' }, refusal: null });
  const grant = asked?.['accessRequest']?.['grant'];
  return { id: String(grant?.['id']), escrow: String(grant?.['escrow']?.['id']) };
}
const extend = async (token: string, input: object) =>
  (await peers.call('access', EXTEND, { input: { idempotencyKey: newId('audit'), ...input } }, token))['extendGrant'];
const end = async (token: string, grantId: string, over: object = {}) =>
  (await peers.call('access', END, { input: { idempotencyKey: newId('audit'), grantId, ...over } }, token))['endGrant'];
const postedOf = async (accountId: string, token: string) =>
  (
    await peers.call(
      'accounting',
      'query B($id: ID!) { account(id: $id) { balance { posted { amount } held { amount } } } }',
      { id: accountId },
      token,
    )
  )['account']?.['balance'];
const money = (posted: string) => ({ posted: { amount: posted }, held: { amount: '0' } });
const invariants = () =>
  assertInvariants({
    access: peers.databaseOf('access').ownerUrl,
    accounting: peers.databaseOf('accounting').ownerUrl,
    storage: peers.databaseOf('storage').ownerUrl,
    compute: peers.databaseOf('compute').ownerUrl,
  });

describe('a grant that is extended, with its real peers', () => {
  it.each([
    ['a drive', wellKnown.offerStorage, '22.5'],
    ['cores', wellKnown.offerCompute, '15'],
  ])('of %s has more everywhere, is paid for it, and returns all of the rest', async (_what, offerId, added) => {
    const payer = await peers.makePayer();
    const window = { startsAt: inDays(1), endsAt: inDays(31) };
    const grant = await grantOf(payer, { ...window, offerId });
    const later = new Date(window.endsAt.getTime() + 15 * 86_400_000);
    // Of a drive 5 more for a month and a half, and the 10 of before for half a month: 10 + 7.5 + 5.
    const extended = await extend(payer.token, { grantId: grant.id, quantity: '5', endsAt: later });
    expect(extended).toMatchObject({
      grant: {
        quantity: '15',
        endsAt: later.toISOString(),
        extending: false,
        granted: { amount: added },
        consumed: { amount: '0' },
        remaining: { amount: added },
        refunded: { amount: '0' },
      },
      invoice: { id: expect.stringMatching(/^inv_/) },
      refund: null,
      refusal: null,
    });
    const rest = String(100 - Number(added));
    expect(await postedOf(payer.accountId, payer.token)).toEqual(money(rest));
    expect(await postedOf(grant.escrow, payer.token)).toEqual(money(added));
    const invoice = await peers.call(
      'accounting',
      'query I($id: ID!) { invoice(id: $id) { status lines { description amount { amount } } } }',
      { id: extended?.['invoice']?.['id'] },
      payer.token,
    );
    expect(invoice['invoice']).toMatchObject({ status: 'PAID' });
    await invariants();
    expect(await end(payer.token, grant.id)).toMatchObject({ grant: { status: 'ENDED', refunded: { amount: added } } });
    expect(await postedOf(payer.accountId, payer.token)).toEqual(money('100'));
    await invariants();
  });

  it('beyond its money is told the shortfall; nothing is changed anywhere', async () => {
    const payer = await peers.makePayer();
    const grant = await grantOf(payer);
    expect(await extend(payer.token, { grantId: grant.id, quantity: '91' })).toMatchObject({
      grant: null,
      refusal: { code: 'INSUFFICIENT_FUNDS', shortfall: { amount: '1' } },
    });
    expect(await postedOf(payer.accountId, payer.token)).toEqual(money('90'));
    await invariants();
  });

  it.each(['extendEscrow', 'grow', 'issuePrepayment', 'captureHold'])(
    'whose runner dies after %s ends done or undone, everywhere alike',
    async (step) => {
      const payer = await peers.makePayer();
      const grant = await grantOf(payer);
      armFaults(`access.extendGrant.${step}.after=throw`);
      const input = { idempotencyKey: newId('audit'), grantId: grant.id, quantity: '5' };
      await expect(extend(payer.token, input)).rejects.toThrow('INTERNAL');
      const outcome =
        step === 'extendEscrow' ? { refusal: { code: 'CHAIN_INTERRUPTED' } } : { grant: { quantity: '15' } };
      await expect.poll(() => extend(payer.token, input), patience).toMatchObject(outcome);
      expect(await postedOf(payer.accountId, payer.token)).toEqual(money(step === 'extendEscrow' ? '90' : '85'));
      await invariants();
    },
  );
});

describe('a window that ends while its extension is under way, with its real peers', () => {
  it.each([
    ['of a drive, before its money is captured', wellKnown.offerStorage, 'captureHold'],
    ['of a drive, before it grows', wellKnown.offerStorage, 'grow'],
    ['of cores, before they grow', wellKnown.offerCompute, 'grow'],
  ])('ends nothing: what was asked for in time is kept, and paid (%s)', async (_what, offerId, step) => {
    const payer = await peers.makePayer();
    const endsAt = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 6_000);
    const grant = await grantOf(payer, { offerId, startsAt: null, endsAt });
    const later = new Date(endsAt.getTime() + 86_400_000);
    armFaults(`access.extendGrant.${step}.before=throw*100`);
    const input = { idempotencyKey: newId('audit'), grantId: grant.id, endsAt: later };
    await expect(extend(payer.token, input)).rejects.toThrow('INTERNAL');
    // The task has come by after the end, and comes again.
    const waits = () =>
      peers.sql('access', `SELECT 1 FROM graphile_worker._private_jobs WHERE key = $1 AND run_at > $2`, [
        `closeWindow:${grant.id}`,
        endsAt,
      ]);
    await expect.poll(waits, patience).toHaveLength(1);
    armFaults('');
    await expect
      .poll(() => extend(payer.token, input), patience)
      .toMatchObject({ grant: { endsAt: later.toISOString(), extending: false }, refusal: null });
    const status = async () =>
      (await peers.call('access', 'query G($id: ID!) { grant(id: $id) { status } }', { id: grant.id }, payer.token))[
        'grant'
      ];
    expect(await status()).toEqual({ status: 'ACTIVE' });
    await invariants();
    expect(await end(payer.token, grant.id)).toMatchObject({ grant: { status: 'ENDED' } });
    await invariants();
  });
});

describe('an extension that people decide on, with its real peers', () => {
  const PUBLISH = `mutation P($input: PublishOfferInput!) { publishOffer(input: $input) { offer { id version } refusal { code } } }`;
  const FIELDS = `id status quantity endsAt total { amount unit } justification reviewDeadline approvalsRequired requester { id }
    grant { id extending extension { id } } account { id } hold { id } invoice { id } failure { code } reviews { verdict quantity reason reviewer { id } }`;
  const ASK_MORE = `mutation E($input: ExtendGrantInput!) { extendGrant(input: $input) {
    grant { quantity extending } extension { ${FIELDS} } invoice { id } refusal { code } } }`;
  const decide = async (verb: string, input: object, token: string) => {
    const type = `${verb.charAt(0).toUpperCase()}${verb.slice(1)}GrantExtensionInput`;
    const document = `mutation D($input: ${type}!) { ${verb}GrantExtension(input: $input) { extension { ${FIELDS} } refusal { code } } }`;
    return (await peers.call('access', document, { input }, token))[`${verb}GrantExtension`];
  };

  /** A grant of 4 units of an offer, and an extension by 2 of them that waits. */
  async function waiting(terms: object) {
    const admin = await peers.makeAdmin();
    const publish = async (over: object): Promise<unknown> => {
      const input = { idempotencyKey: newId('audit'), ...over };
      const published = async () =>
        (await peers.call('access', PUBLISH, { input }, admin.token).catch(() => null))?.['publishOffer'];
      await expect.poll(published, patience).toMatchObject({ refusal: null });
      return (await published())?.['offer']?.['id'];
    };
    const price = { amount: '1', unit: 'CREDIT' };
    const offerId = await publish({ name: 'Ours', price, payeeAccountId: wellKnown.accountRevenueLocal, ...terms });
    const payer = await peers.makePayer();
    const grant = await grantOf(payer, { offerId, quantity: '4' });
    await publish({ offerId, price, approval: 'PROVIDER' });
    const input = { idempotencyKey: newId('audit'), grantId: grant.id, quantity: '2', justification: 'More reads.' };
    const asked = (await peers.call('access', ASK_MORE, { input }, payer.token))['extendGrant'];
    const extensionId = asked?.['extension']?.['id'];
    return { admin, payer, grant, asked, extensionId };
  }

  it.each([
    ['a drive', { per: 'GIB_MONTH' }],
    ['cores', { per: 'CORE_HOUR', resourceId: wellKnown.clusterLocal }],
  ])(
    'of %s waits with its money reserved, is found by the reviewer, and is done when approved',
    async (_what, terms) => {
      const { admin, payer, grant, asked, extensionId } = await waiting(terms);
      expect(asked).toMatchObject({
        grant: { quantity: '4', extending: true },
        extension: {
          status: 'IN_REVIEW',
          quantity: '2',
          total: { amount: '2', unit: 'CREDIT' },
          justification: 'More reads.',
          approvalsRequired: 1,
          requester: { id: payer.userId },
          grant: { id: grant.id, extending: true, extension: { id: expect.stringMatching(/^ext_/) } },
          account: { id: payer.accountId },
          hold: { id: expect.stringMatching(/^hld_/) },
          reviews: [],
        },
        invoice: null,
        refusal: null,
      });
      expect(await postedOf(payer.accountId, payer.token)).toEqual({ posted: { amount: '96' }, held: { amount: '2' } });
      const LIST = `query L { grantExtensions(filter: { toReview: true, status: IN_REVIEW }) { nodes { id } pageInfo { hasNextPage } } }`;
      const listed = async (token: string) =>
        (await peers.call('access', LIST, {}, token))['grantExtensions']?.['nodes'] as unknown;
      expect(await listed(admin.token)).toContainEqual({ id: extensionId });
      expect(await listed(payer.token)).toEqual([]);
      const stranger = await peers.makePayer();
      const key = { idempotencyKey: newId('audit'), extensionId };
      const ONE = 'query O($id: ID!) { grantExtension(id: $id) { id status } }';
      await expect(peers.call('access', ONE, { id: extensionId }, stranger.token)).rejects.toThrow('NOT_FOUND');
      await expect(decide('approve', key, stranger.token)).rejects.toThrow('NOT_FOUND');
      expect(await decide('approve', key, payer.token)).toMatchObject({ refusal: { code: 'OWN_REQUEST' } });
      expect(await decide('approve', { ...key, reason: 'Good.' }, admin.token)).toMatchObject({
        extension: {
          status: 'ACTIVE',
          invoice: { id: expect.stringMatching(/^inv_/) },
          reviews: [{ verdict: 'APPROVED', quantity: '2', reason: 'Good.', reviewer: { id: admin.userId } }],
        },
        refusal: null,
      });
      expect(await peers.call('access', ONE, { id: extensionId }, payer.token)).toEqual({
        grantExtension: { id: extensionId, status: 'ACTIVE' },
      });
      expect(await postedOf(payer.accountId, payer.token)).toEqual(money('94'));
      expect(await postedOf(grant.escrow, payer.token)).toEqual(money('6'));
      await invariants();
    },
  );

  it.each([
    ['denied', 'deny', 'DENIED'],
    ['withdrawn', 'withdraw', 'WITHDRAWN'],
  ])('that is %s gives its money back, and another can be asked for', async (_what, verb, status) => {
    const { admin, payer, grant, extensionId } = await waiting({ per: 'GIB_MONTH' });
    const input = verb === 'deny' ? { extensionId, reason: 'Not this year.' } : { extensionId };
    const by = verb === 'deny' ? admin : payer;
    expect(await decide(verb, input, by.token)).toMatchObject({ extension: { status, failure: null }, refusal: null });
    expect(await postedOf(payer.accountId, payer.token)).toEqual(money('96'));
    await invariants();
    const again = await extend(payer.token, { grantId: grant.id, quantity: '1' });
    expect(again).toMatchObject({ grant: { quantity: '4', extending: true }, refusal: null });
    // The end waits for nobody.
    await end(payer.token, grant.id);
    const ended = async () => (await postedOf(payer.accountId, payer.token)) as unknown;
    await expect.poll(ended, patience).toEqual(money('100'));
    await invariants();
  });
});

describe('a grant that ends, with its real peers', () => {
  it('with purge leaves nothing of its drive', async () => {
    const payer = await peers.makePayer();
    const grant = await grantOf(payer);
    expect(await end(payer.token, grant.id, { purge: true })).toMatchObject({
      grant: { status: 'ENDED' },
      refusal: null,
    });
    const shown = async () =>
      (
        await peers.call(
          'storage',
          'query D($r: [_Any!]!) { _entities(representations: $r) { ... on Grant { drive { status purgedAt } } } }',
          { r: [{ __typename: 'Grant', id: grant.id }] },
          payer.token,
        )
      )['_entities'];
    await expect.poll(shown, patience).toMatchObject([{ drive: { status: 'CLOSED', purgedAt: expect.any(String) } }]);
  });
});

describe("another provider's offer", () => {
  const OPEN = `mutation O($input: OpenAccountInput!) { openAccount(input: $input) { account { id kind } refusal { code } } }`;
  const PUBLISH = `mutation P($input: PublishOfferInput!) { publishOffer(input: $input) { offer { id per kind } refusal { code } } }`;

  it('earns on the account that an operator opened for it, by the GPU-hour', async () => {
    const providerId = newId('group');
    const admin = { userId: newId('user') };
    peers.identity.publish({
      kind: 'MEMBERSHIP',
      subject: membershipSubject(providerId, admin.userId),
      state: 'ADMIN',
    });
    const token = await peers.identity.issueToken({ subject: admin.userId });
    const account = { owner: { groupId: providerId }, kind: 'REVENUE', name: 'What we earn', unit: 'CREDIT' };
    const open = (by: string) =>
      peers.call('accounting', OPEN, { input: { idempotencyKey: newId('audit'), ...account } }, by);
    await expect(open(token)).rejects.toThrow('FORBIDDEN');
    const revenue = String((await open(await peers.operatorToken()))['openAccount']?.['account']?.['id']);
    const offer = {
      idempotencyKey: newId('audit'),
      name: 'GPUs',
      per: 'GPU_HOUR',
      price: { amount: '3', unit: 'CREDIT' },
      resourceId: wellKnown.clusterLocal,
      payeeAccountId: revenue,
    };
    const publish = async () =>
      (await peers.call('access', PUBLISH, { input: offer }, token).catch(() => null))?.['publishOffer'];
    await expect.poll(publish, patience).toMatchObject({ offer: { per: 'GPU_HOUR', kind: 'COMPUTE' }, refusal: null });
    const offerId = (await publish())?.['offer']?.['id'];
    const payer = await peers.makePayer();
    const grant = await grantOf(payer, { offerId, quantity: '4', startsAt: null });
    expect(await postedOf(payer.accountId, payer.token)).toEqual(money('88'));
    await peers.runJob(payer, grant, { gpus: 2, wallTimeSeconds: 3_600 }, 1_800);
    // Two GPUs for half an hour at 3 CREDIT.
    expect(await postedOf(revenue, token)).toEqual(money('3'));
    expect(await postedOf(grant.escrow, payer.token)).toEqual(money('9'));
    // What is used up ends by itself.
    await peers.runJob(payer, grant, { gpus: 3, wallTimeSeconds: 3_600 }, 3_600);
    await peers.lookForRunOut();
    const status = async () =>
      (
        await peers.call(
          'access',
          'query G($id: ID!) { grant(id: $id) { status remaining { amount } refunded { amount } } }',
          { id: grant.id },
          payer.token,
        )
      )['grant'];
    await expect
      .poll(status, patience)
      .toEqual({ status: 'ENDED', remaining: { amount: '0' }, refunded: { amount: '0' } });
    expect(await postedOf(revenue, token)).toEqual(money('12'));
    await invariants();
  });
});
