import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { armFaults } from '../../platform/faultpoint.js';
import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { TEST_ISSUER } from '../support/testIdentity.js';
import { inDays } from './support/accessWorld.js';
import { patience, type RealPeers, startRealPeers } from './support/realPeers.js';

// The chain with the real accounting, storage and compute: what access believes of its peers is what they do.

let peers: RealPeers;
beforeAll(async () => {
  peers = await startRealPeers();
});
afterEach(() => armFaults(''));
afterAll(() => peers.stop());

const call: RealPeers['call'] = (...args) => peers.call(...args);
const makePayer = () => peers.makePayer();
const makeAdmin = () => peers.makeAdmin();

const balanceOf = async (accountId: string, token: string) =>
  (
    await call(
      'accounting',
      'query B($id: ID!) { account(id: $id) { status balance { posted { amount } held { amount } available { amount } } } }',
      { id: accountId },
      token,
    )
  )['account'];

/** What an account shows. */
const money = (posted: string, over: object = {}) => ({
  balance: { posted: { amount: posted }, held: { amount: '0' } },
  ...over,
});

const ASK = `mutation Ask($input: RequestAccessInput!) { requestAccess(input: $input) {
  accessRequest { id status failure { code message } hold { id } invoice { id } grant { id status escrow { id } }
    timeline { nodes { step result } } }
  refusal { code ... on InsufficientFunds { shortfall { amount } account { id } } } } }`;
const ACCOUNT = `query G($id: ID!) { grant(id: $id) { granted { amount unit } consumed { amount } held { amount }
  remaining { amount unit } refunded { amount unit } burnPerDay { amount } projectedRunOut } }`;
const END = `mutation End($input: EndGrantInput!) { endGrant(input: $input) { grant { id status } refund { id } refusal { code } } }`;

const wish = (accountId: string, over: object = {}) => ({
  idempotencyKey: newId('audit'),
  offerId: wellKnown.offerStorage,
  quantity: '10',
  startsAt: inDays(1),
  endsAt: inDays(31),
  accountId,
  name: 'Mine',
  ...over,
});

const EXPLAIN = `query E($input: ExplainAccessInput!) { explainAccess(input: $input) { allowed total { amount }
  blocks { refusal { code ... on InsufficientFunds { shortfall { amount } account { id } } } remedy applyTo { id } } } }`;
/** The same wish, to be explained. */
const explained = (accountId: string, over: object = {}) => {
  const { idempotencyKey: _key, ...input } = wish(accountId, over);
  return input;
};

describe('access with its real peers', () => {
  it.each([
    ['a drive', wellKnown.offerStorage],
    ['cores', wellKnown.offerCompute],
  ])('gives %s, and takes it back for the money', async (_name, offerId) => {
    const { token, accountId } = await makePayer();
    const answer = await call('access', ASK, { input: wish(accountId, { offerId }) }, token);
    const request = answer['requestAccess']?.['accessRequest'];
    expect(request).toMatchObject({ status: 'ACTIVE', failure: null, grant: { status: 'SCHEDULED' } });
    const escrow = String(request?.['grant']?.['escrow']?.['id']);
    expect(await balanceOf(accountId, token)).toMatchObject(money('90'));
    expect(await balanceOf(escrow, token)).toMatchObject(money('10', { status: 'OPEN' }));
    const invoice = await call(
      'accounting',
      'query I($id: ID!) { invoice(id: $id) { kind status total { amount } } }',
      { id: request?.['invoice']?.['id'] },
      token,
    );
    expect(invoice['invoice']).toEqual({ kind: 'INVOICE', status: 'PAID', total: { amount: '10' } });

    const grantId = request?.['grant']?.['id'];
    const shown = async () => (await call('access', ACCOUNT, { id: grantId }, token))['grant'];
    const rest = {
      consumed: { amount: '0' },
      held: { amount: '0' },
      burnPerDay: { amount: '0' },
      projectedRunOut: null,
    };
    const of = (amount: string) => ({ amount, unit: 'CREDIT' });
    expect(await shown()).toEqual({ granted: of('10'), remaining: of('10'), refunded: of('0'), ...rest });
    const ended = await call('access', END, { input: { idempotencyKey: newId('audit'), grantId } }, token);
    expect(ended['endGrant']).toMatchObject({ grant: { id: grantId, status: 'ENDED' }, refusal: null });
    expect(String(ended['endGrant']?.['refund']?.['id'])).toMatch(/^trf_/);
    expect(await balanceOf(accountId, token)).toMatchObject(money('100'));
    expect(await balanceOf(escrow, token)).toMatchObject(money('0', { status: 'CLOSED' }));
    expect(await shown()).toEqual({ granted: of('10'), remaining: of('0'), refunded: of('10'), ...rest });
  });

  it("refuses too little money with the shortfall, and another person's account as not found", async () => {
    const { token, accountId } = await makePayer();
    const poor = await call('access', ASK, { input: wish(accountId, { quantity: '100.5' }) }, token);
    expect(poor['requestAccess']).toEqual({
      accessRequest: null,
      refusal: { code: 'INSUFFICIENT_FUNDS', shortfall: { amount: '0.5' }, account: { id: accountId } },
    });
    const told = await call('access', EXPLAIN, { input: explained(accountId, { quantity: '100.5' }) }, token);
    expect(told['explainAccess']).toEqual({
      allowed: false,
      total: { amount: '100.5' },
      blocks: [
        {
          refusal: { code: 'INSUFFICIENT_FUNDS', shortfall: { amount: '0.5' }, account: { id: accountId } },
          remedy: expect.any(String),
          applyTo: null,
        },
      ],
    });
    const enough = await call('access', EXPLAIN, { input: explained(accountId) }, token);
    expect(enough['explainAccess']).toEqual({ allowed: true, total: { amount: '10' }, blocks: [] });
    const stranger = await peers.identity.issueToken({ subject: newId('user') });
    await expect(call('access', EXPLAIN, { input: explained(accountId) }, stranger)).rejects.toThrow('NOT_FOUND');
    await expect(call('access', ASK, { input: wish(accountId) }, stranger)).rejects.toThrow('NOT_FOUND');
    expect(await balanceOf(accountId, token)).toMatchObject(money('100'));
  });

  it('gives hours on a cluster as far as they can be paid: its queue says when, and its machines how much a job can have', async () => {
    const { token, accountId } = await makePayer();
    const hours = { offerId: wellKnown.offerCompute, quantity: '100', startsAt: null, endsAt: inDays(1) };
    const controller = await peers.identity.issueToken({
      subject: wellKnown.serviceAccountLocalController,
      scopes: ['compute:control'],
      clusterIds: [wellKnown.clusterLocal],
    });
    const heartbeat = { clusterId: wellKnown.clusterLocal, cores: 2, gpus: 0, leases: [] };
    const beat = 'mutation H($input: HeartbeatInput!) { heartbeat(input: $input) { refusal { code } } }';
    expect(await call('compute', beat, { input: heartbeat }, controller)).toEqual({ heartbeat: { refusal: null } });
    // Two cores do not give a hundred hours in a day; they are sold all the same, and what is not used goes back.
    const told = await call('access', EXPLAIN, { input: explained(accountId, hours) }, token);
    expect(told['explainAccess']).toEqual({ allowed: true, total: { amount: '100' }, blocks: [] });
    const asked = await call('access', ASK, { input: wish(accountId, hours) }, token);
    const grantId = asked['requestAccess']?.['accessRequest']?.['grant']?.['id'];
    const job = { idempotencyKey: newId('audit'), grantId, name: 'x', command: ['true'] };
    const large = { ...job, clusterId: wellKnown.clusterLocal, resources: { cpusPerTask: 3, wallTimeSeconds: 60 } };
    const submit = 'mutation S($input: SubmitJobInput!) { submitJob(input: $input) { job { id } refusal { code } } }';
    expect(await call('compute', submit, { input: large }, token)).toEqual({
      submitJob: { job: null, refusal: { code: 'RESOURCES_UNAVAILABLE' } },
    });
    await call('access', END, { input: { idempotencyKey: newId('audit'), grantId } }, token);
    expect(await balanceOf(accountId, token)).toMatchObject(money('100'));
  });

  const crashes = ['openEscrow', 'provision', 'issuePrepayment', 'captureHold', 'activate'];
  it.each(crashes)('ends completed or undone where its runner dies after %s', async (step) => {
    const { token, accountId } = await makePayer();
    armFaults(`access.requestAccess.${step}.after=throw`);
    const input = wish(accountId);
    await expect(call('access', ASK, { input }, token)).rejects.toThrow('INTERNAL');
    const ended = async () => (await call('access', ASK, { input }, token))['requestAccess']?.['accessRequest'];
    const status = step === 'openEscrow' ? 'FAILED' : 'ACTIVE';
    await expect.poll(ended, patience).toMatchObject({ status });
    expect(await balanceOf(accountId, token)).toMatchObject(money(status === 'ACTIVE' ? '90' : '100'));
  });

  it.each(['provision', 'issuePrepayment', 'captureHold', 'activate'])(
    'undoes all where the chain is out of time after %s',
    async (step) => {
      const { token, accountId } = await makePayer();
      armFaults(`access.requestAccess.${step}.after=throw`);
      const input = wish(accountId);
      await expect(call('access', ASK, { input }, token)).rejects.toThrow('INTERNAL');
      await peers.sql('access', `UPDATE saga_run SET started_at = started_at - interval '15 minutes'`);
      const ended = async () => (await call('access', ASK, { input }, token))['requestAccess']?.['accessRequest'];
      await expect.poll(ended, patience).toMatchObject({ status: 'FAILED', failure: { code: 'CHAIN_TIMED_OUT' } });
      expect(await balanceOf(accountId, token)).toMatchObject(money('100'));
    },
  );
});

describe('a reviewed offer with its real peers', () => {
  const PUBLISH = `mutation P($input: PublishOfferInput!) { publishOffer(input: $input) {
    offer { id version kind approval twoPeopleAbove { amount } } refusal { code ... on InvalidInput { path } } } }`;
  const APPROVE = `mutation A($input: ApproveAccessRequestInput!) { approveAccessRequest(input: $input) {
    accessRequest { status quantity total { amount } reviews { reviewer { id } verdict quantity reason } } refusal { code } } }`;
  const DENY = `mutation D($input: DenyAccessRequestInput!) { denyAccessRequest(input: $input) {
    accessRequest { status reviews { verdict reason } } refusal { code } } }`;

  async function publish(token: string, over: object = {}) {
    const input = {
      idempotencyKey: newId('audit'),
      name: 'Reviewed drive',
      per: 'GIB_MONTH',
      price: { amount: '1', unit: 'CREDIT' },
      approval: 'PROVIDER',
      payeeAccountId: wellKnown.accountRevenueLocal,
      ...over,
    };
    // The feed tells of the membership within a second.
    const published = async () => (await call('access', PUBLISH, { input }, token).catch(() => null))?.['publishOffer'];
    await expect.poll(published, patience).toMatchObject({ refusal: null });
    return published();
  }

  it('is published on an account that accounting says the provider has', async () => {
    const admin = await makeAdmin();
    expect(await publish(admin.token, { twoPeopleAbove: { amount: '50', unit: 'CREDIT' } })).toMatchObject({
      offer: { version: 1, kind: 'STORAGE', approval: 'PROVIDER', twoPeopleAbove: { amount: '50' } },
    });
    const payer = await makePayer();
    const theirs = {
      idempotencyKey: newId('audit'),
      name: 'x',
      per: 'GIB_MONTH',
      price: { amount: '1', unit: 'CREDIT' },
    };
    const mine = await makeAdmin();
    await publish(mine.token);
    const wrong = call('access', PUBLISH, { input: { ...theirs, payeeAccountId: payer.accountId } }, mine.token);
    await expect(wrong).rejects.toThrow('NOT_FOUND');
  });

  it('is granted in part: the part is invoiced, paid and provisioned, the rest of the hold is free', async () => {
    const [first, second] = [await makeAdmin(), await makeAdmin()];
    const offerId = (await publish(first.token, { twoPeopleAbove: { amount: '3', unit: 'CREDIT' } }))?.['offer']?.[
      'id'
    ];
    const { token, accountId } = await makePayer();
    const asked = await call('access', ASK, { input: wish(accountId, { offerId }) }, token);
    const request = asked['requestAccess']?.['accessRequest'];
    expect(request).toMatchObject({ status: 'IN_REVIEW', invoice: null, grant: null });
    expect(await balanceOf(accountId, token)).toMatchObject({ balance: { held: { amount: '10' } } });
    const approve = (by: string, over: object = {}) =>
      call(
        'access',
        APPROVE,
        { input: { idempotencyKey: newId('audit'), accessRequestId: request?.['id'], ...over } },
        by,
      );
    await expect(approve(token)).resolves.toMatchObject({ approveAccessRequest: { refusal: { code: 'OWN_REQUEST' } } });
    const half = await approve(first.token, { quantity: '4', reason: 'Enough.' });
    expect(half['approveAccessRequest']).toMatchObject({ accessRequest: { status: 'IN_REVIEW', quantity: '4' } });
    const whole = await approve(second.token);
    expect(whole['approveAccessRequest']?.['accessRequest']).toEqual({
      status: 'ACTIVE',
      quantity: '4',
      total: { amount: '4' },
      reviews: [
        { reviewer: { id: first.userId }, verdict: 'APPROVED', quantity: '4', reason: 'Enough.' },
        { reviewer: { id: second.userId }, verdict: 'APPROVED', quantity: '4', reason: null },
      ],
    });
    expect(await balanceOf(accountId, token)).toMatchObject(money('96'));
    const shown = await call(
      'access',
      `query R($id: ID!) { accessRequest(id: $id) { invoice { id } grant { quantity } } }`,
      { id: request?.['id'] },
      token,
    );
    expect(shown['accessRequest']?.['grant']).toEqual({ quantity: '4' });
    const invoice = await call(
      'accounting',
      'query I($id: ID!) { invoice(id: $id) { status total { amount } } }',
      { id: shown['accessRequest']?.['invoice']?.['id'] },
      token,
    );
    expect(invoice['invoice']).toEqual({ status: 'PAID', total: { amount: '4' } });
  });

  it('is denied, and the money is free; strangers are told nothing', async () => {
    const admin = await makeAdmin();
    const offerId = (await publish(admin.token))?.['offer']?.['id'];
    const { token, accountId } = await makePayer();
    const asked = await call('access', ASK, { input: wish(accountId, { offerId }) }, token);
    const input = { accessRequestId: asked['requestAccess']?.['accessRequest']?.['id'], reason: 'Not this year.' };
    const stranger = await peers.identity.issueToken({ subject: newId('user') });
    await expect(call('access', DENY, { input }, stranger)).rejects.toThrow('NOT_FOUND');
    expect((await call('access', DENY, { input }, admin.token))['denyAccessRequest']).toEqual({
      accessRequest: { status: 'DENIED', reviews: [{ verdict: 'DENIED', reason: 'Not this year.' }] },
      refusal: null,
    });
    expect(await balanceOf(accountId, token)).toMatchObject(money('100'));
  });

  it('gives quotes that anybody can check with the published key', async () => {
    const { token } = await makePayer();
    const input = {
      idempotencyKey: newId('audit'),
      offerId: wellKnown.offerStorage,
      quantity: '2',
      endsAt: inDays(30),
    };
    const quoted = await call(
      'access',
      'mutation Q($input: QuoteAccessInput!) { quoteAccess(input: $input) { quote { id proof total { amount } } } }',
      { input },
      token,
    );
    const quote = quoted['quoteAccess']?.['quote'];
    const answer = await fetch(`${peers.urlOf('access')}/.well-known/tollgate-quotes.json`);
    const keys = createLocalJWKSet((await answer.json()) as JSONWebKeySet);
    const { payload, protectedHeader } = await compactVerify(String(quote?.['proof']), keys);
    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'quote+jwt' });
    expect(JSON.parse(Buffer.from(payload).toString('utf8'))).toMatchObject({
      iss: TEST_ISSUER,
      sub: quote?.['id'],
      offer: wellKnown.offerStorage,
      quantity: '2',
      total: quote?.['total']?.['amount'],
    });
  });
});
