import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt, eventually, query } from '../../../cli/tour/graph.js';
import { httpClient } from '../../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../../cli/tour/oneTimeCodes.js';
import { expected, type Stage } from '../../../cli/tour/stage.js';
import { type OperatorCredentials, operatorLogsIn } from '../../../cli/tour/steps/operatorLogsIn.js';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { totpCode } from '../../../subgraphs/identity/adapters/totp.js';

/** Somebody who is signed in. */
interface Tenant {
  readonly id: string;
  readonly username: string;
  readonly token: string;
  readonly sessionId: string;
  readonly refreshToken: string;
  readonly password: string;
  /** For a step-up: each works once. */
  readonly recoveryCodes: string[];
}

/** The tokens of those who try. */
export interface Intruders {
  /** Signed in, and has nothing to do with the owner. */
  readonly stranger: string;
  /** A MEMBER of the owner's group. */
  readonly member: string;
  /** A program with scopes for usage and control, of another cluster. */
  readonly program: string;
  /** The session of an operator who is in no group, narrowed to reading files. */
  readonly narrowedOperator: string;
  /** The owner's own session, narrowed to reading files. */
  readonly narrowedOwner: string;
}

/** What the owner has, by the names that the graph's arguments have for it. */
export type Belongings = Readonly<Record<string, string>>;

/** A person who has one of everything, in person and as ADMIN of a group, and those who try to get at it. */
export interface TenantWorld {
  readonly intruders: Intruders;
  /** The token of the owner's own session. */
  readonly owner: string;
  /** The owner's own things. */
  readonly own: Belongings;
  /** The same names, where there is one that belongs to the group. */
  readonly group: Belongings;
  /** What the owner's narrowed session is to try: nothing but its scopes stands in its way. */
  readonly narrowed: Belongings;
  /** Stands in everything that the owner wrote, and in nothing else. */
  readonly marker: string;
}

/** The owner's thing of each entity's type. */
export const entityIds = ({ own }: Pick<TenantWorld, 'own'>): Readonly<Record<string, string | undefined>> => ({
  AccessRequest: own['accessRequestId'],
  Account: own['accountId'],
  AuditTrail: own['userId'],
  Cluster: wellKnown.clusterLocal,
  Drive: own['driveId'],
  File: own['fileId'],
  Grant: own['grantId'],
  Group: own['groupId'],
  Hold: own['holdId'],
  Invoice: own['invoiceId'],
  Job: own['jobId'],
  Offer: own['offerId'],
  Quote: own['quoteId'],
  Receipt: own['receiptId'],
  ServiceAccount: own['serviceAccountId'],
  Transfer: own['transferId'],
  User: own['userId'],
});

const day = 86_400_000;
const inDays = (days: number): string => new Date(Date.now() + days * day).toISOString();
const credits = (amount: string) => ({ amount, unit: wellKnown.unit });

/** Makes the world through the gateway, as its people would. @param home where the operator's credentials stand */
export async function makeTenantWorld(gatewayUrl: string, home: string): Promise<TenantWorld> {
  const marker = `mark${randomUUID().replaceAll('-', '')}`;
  const stage: Stage = { client: httpClient(gatewayUrl), codes: oneTimeCodes(), narrate: () => {}, run: 'tenants' };
  const maker = makerOn(stage);
  const operator = await operatorLogsIn(
    stage,
    JSON.parse(await readFile(join(home, 'operator.json'), 'utf8')) as OperatorCredentials,
  );
  const [ada, mem, eve, rita, guest] = [
    await maker.person('ada'),
    await maker.person('mem'),
    await maker.person('eve'),
    await maker.person('rita'),
    await maker.person('guest'),
  ];
  const groupId = await maker.id('createGroup', { name: 'Lab' }, 'group', ada.token);
  await maker.make('addGroupMember', { groupId, userId: mem.id, role: 'MEMBER' }, 'group { id }', operator);
  const olga = await maker.person('olga');
  await maker.make('setOperator', { userId: olga.id, operator: true }, 'user { id }', operator);
  const local = { groupId: wellKnown.groupLocal, userId: rita.id, role: 'ADMIN' };
  await maker.make('addGroupMember', local, 'group { id }', operator);
  await maker.make('inviteGroupMember', { groupId, userId: guest.id }, 'group { id }', ada.token);
  const money = await makeMoney(maker, { ada, eve, groupId, operator, marker });
  const cluster = await makeController(maker, operator);
  const usage = await makeUsage(maker, cluster.token, { operator, accountId: money.own.accountId, marker });
  const access = await makeAccess(maker, { ada, rita, groupId, ...money, marker });
  const files = await makeFiles(maker, stage, ada.token, { driveId: access.driveId, marker });
  const job = await makeJob(maker, cluster.token, { owner: ada.token, grantId: access.computeGrantId, marker });
  const credentials = await makeCredentials(maker, ada, operator, { ...money.own, marker });
  return {
    marker,
    owner: ada.token,
    own: {
      userId: ada.id,
      username: ada.username,
      sessionId: ada.sessionId,
      groupId,
      memberId: mem.id,
      invitedId: guest.id,
      ...money.own,
      ...usage,
      ...access,
      ...files,
      ...job,
      ...credentials,
    },
    group: { accountId: money.groupAccountId, ...money.group },
    narrowed: { strangerAccountId: money.own.otherAccountId },
    intruders: {
      stranger: eve.token,
      member: mem.token,
      program: await maker.program(operator, ['accounting:usage', 'compute:control'], [newId('cluster')]),
      narrowedOperator: await maker.narrowed(olga.token),
      narrowedOwner: await maker.narrowed(ada.token),
    },
  };
}

type Maker = ReturnType<typeof makerOn>;

/** Mutations that must succeed. What a service hears by the feed may be a moment late: it is asked again. */
function makerOn(stage: Stage) {
  async function make<Thing>(mutation: string, input: object, selection: string, token: string | null): Promise<Thing> {
    const wish = KEYLESS.has(mutation) ? { ...input } : { idempotencyKey: randomUUID(), ...input };
    let last: unknown;
    return eventually(20, `${mutation} did not succeed`, async () => {
      try {
        const payload = await attempt<Thing>(stage, mutation, wish, selection, token);
        expected(payload.refusal === null, `${mutation}: ${payload.refusal?.code} ${payload.refusal?.message}`);
        return payload;
      } catch (error) {
        last = error;
        return null;
      }
    }).catch((error: Error) => {
      throw new Error(error.message, { cause: last });
    });
  }
  const id = async (mutation: string, input: object, field: string, token: string): Promise<string> => {
    const made = await make<Record<string, { id: string }>>(mutation, input, `${field} { id }`, token);
    return made[field]?.id ?? '';
  };
  return {
    make,
    id,
    async person(name: string): Promise<Tenant> {
      const username = `${name}-${randomUUID().slice(0, 8)}`;
      const password = `a long password of ${username}`;
      const wish = { username, password, email: `${username}@example.org`, displayName: name };
      const { user, totp, enrolmentToken } = await make<{
        user: { id: string };
        totp: { secret: string };
        enrolmentToken: string;
      }>('registerUser', wish, 'user { id } totp { secret } enrolmentToken', null);
      const code = await totpCode(totp.secret, new Date());
      const { recoveryCodes } = await make<{ recoveryCodes: string[] }>(
        'confirmTotp',
        { enrolmentToken, code },
        'recoveryCodes',
        null,
      );
      const loggedIn = await make<{ accessToken: string; refreshToken: string; session: { id: string } }>(
        'logIn',
        { username, password, code: recoveryCodes.shift() ?? '' },
        'accessToken refreshToken session { id }',
        null,
      );
      const { accessToken: token, refreshToken, session } = loggedIn;
      return { id: user.id, username, token, refreshToken, sessionId: session.id, password, recoveryCodes };
    },
    async program(operator: string, scopes: readonly string[], clusterIds: readonly string[]): Promise<string> {
      const { clientId, clientSecret } = await make<{ clientId: string; clientSecret: string }>(
        'createServiceAccount',
        { name: `program-${randomUUID().slice(0, 8)}`, scopes, clusterIds },
        'clientId clientSecret',
        operator,
      );
      const wish = { clientId, clientSecret };
      return (await make<{ accessToken: string }>('issueServiceToken', wish, 'accessToken', null)).accessToken;
    },
    async narrowed(token: string): Promise<string> {
      const wish = { clientName: 'tablet', scopes: ['storage:read'] };
      const started = await make<{ deviceCode: string; userCode: string }>(
        'startDeviceLogin',
        wish,
        'deviceCode userCode',
        null,
      );
      await make('approveDeviceLogin', { userCode: started.userCode }, 'deviceLogin { id }', token);
      const polled = { deviceCode: started.deviceCode };
      return (await make<{ accessToken: string }>('pollDeviceLogin', polled, 'accessToken', null)).accessToken;
    },
    query: <Data>(document: string, variables: object, token: string) =>
      query<Data>(stage, document, { ...variables }, token),
  };
}

/** Mutations without a key, of those that make the world. */
const KEYLESS = new Set([
  'setOperator',
  'addGroupMember',
  'inviteGroupMember',
  'registerUser',
  'confirmTotp',
  'logIn',
  'issueServiceToken',
  'startDeviceLogin',
  'approveDeviceLogin',
  'pollDeviceLogin',
  'setBudget',
  'heartbeat',
  'claimJobs',
]);

interface MoneyWishes {
  readonly ada: Tenant;
  readonly eve: Tenant;
  readonly groupId: string;
  readonly operator: string;
  readonly marker: string;
}

async function makeMoney(maker: Maker, { ada, eve, groupId, operator, marker }: MoneyWishes) {
  const open = (owner: object, token: string, name: string): Promise<string> =>
    maker.id('openAccount', { owner, name, unit: wellKnown.unit }, 'account', token);
  const accountId = await open({ userId: ada.id }, ada.token, 'Mine');
  const otherAccountId = await open({ userId: ada.id }, ada.token, 'Second');
  const groupAccountId = await open({ groupId }, ada.token, 'Lab money');
  const strangerAccountId = await open({ userId: eve.id }, eve.token, 'Eve');
  const deposit = (id: string): Promise<string> =>
    maker.id('deposit', { accountId: id, amount: credits('1000'), description: marker }, 'transfer', operator);
  await deposit(accountId);
  await deposit(groupAccountId);
  const transferFrom = (debitAccountId: string, creditAccountId: string): Promise<string> =>
    maker.id(
      'transfer',
      { debitAccountId, creditAccountId, amount: credits('10'), description: marker },
      'transfer',
      ada.token,
    );
  const transferId = await transferFrom(accountId, otherAccountId);
  const holdOn = (debitAccountId: string): Promise<string> =>
    maker.id(
      'placeHold',
      { debitAccountId, creditAccountId: otherAccountId, amount: credits('5'), reason: marker, resource: marker },
      'hold',
      ada.token,
    );
  const lines = [{ description: marker, quantity: '1', unitPrice: credits('3'), amount: credits('3') }];
  const bill = (payer: string): Promise<string> =>
    maker.id('issueInvoice', { payer, payee: otherAccountId, lines }, 'invoice', ada.token);
  const budget = { accountId, period: 'MONTH', name: marker, limit: credits('900') };
  await maker.make('setBudget', budget, 'account { id }', ada.token);
  const adjustment = {
    debitAccountId: accountId,
    creditAccountId: otherAccountId,
    amount: credits('1'),
    reason: marker,
  };
  const adjustmentId = await maker.id('proposeAdjustment', adjustment, 'adjustment', operator);
  const mandate = {
    accountId,
    payee: otherAccountId,
    resource: marker,
    maximum: credits('7'),
    expiresAt: inDays(1),
  };
  const issued = await maker.make<{ mandate: { id: string; token: string } }>(
    'issueMandate',
    mandate,
    'mandate { id token }',
    ada.token,
  );
  const paid = await maker.make<{ receipt: { id: string } }>(
    'payInvoice',
    { invoiceId: await bill(accountId) },
    'receipt { id }',
    ada.token,
  );
  return {
    groupAccountId,
    own: {
      receiptId: paid.receipt.id,
      accountId,
      otherAccountId,
      strangerAccountId,
      transferId,
      holdId: await holdOn(accountId),
      invoiceId: await bill(accountId),
      adjustmentId,
      mandateId: issued.mandate.id,
      mandateToken: issued.mandate.token,
    },
    group: {
      transferId: await transferFrom(groupAccountId, otherAccountId),
      holdId: await holdOn(groupAccountId),
      invoiceId: await bill(groupAccountId),
    },
  };
}

/** The controller of cluster `local`, which reports a machine that is large enough. */
async function makeController(maker: Maker, operator: string): Promise<{ readonly token: string }> {
  const scopes = ['accounting:usage', 'compute:control'];
  const token = await maker.program(operator, scopes, [wellKnown.clusterLocal]);
  const machine = { clusterId: wellKnown.clusterLocal, isolated: true, cores: 8, memory: String(2 ** 34), leases: [] };
  await maker.make('heartbeat', machine, 'cancel', token);
  return { token };
}

async function makeUsage(
  maker: Maker,
  controller: string,
  { operator, accountId, marker }: { readonly operator: string; readonly accountId: string; readonly marker: string },
): Promise<{ readonly externalId: string }> {
  const clusterId = wellKnown.clusterLocal;
  const rates = [{ resource: 'cpu', per: 'CORE_HOUR', price: credits('1') }];
  const card = { clusterId, payeeAccountId: wellKnown.accountRevenueLocal, rates, validFrom: inDays(-3) };
  await maker.make('publishRates', card, 'rateCard { id }', operator);
  const use = { account: accountId, resource: 'cpu', start: inDays(-0.2), end: inDays(-0.1), cpuSeconds: '3600' };
  const records = [{ externalId: marker, ...use }];
  await maker.make('recordUsage', { clusterId, records }, 'results { status }', controller);
  return { externalId: marker };
}

interface AccessWishes {
  readonly ada: Tenant;
  readonly rita: Tenant;
  readonly groupId: string;
  readonly own: { readonly accountId: string };
  readonly marker: string;
}

async function makeAccess(maker: Maker, { ada, rita, groupId, own, marker }: AccessWishes) {
  const { accountId } = own;
  const term = { quantity: '2', endsAt: inDays(30) };
  const ask = async (wish: object) => {
    const wished = { ...term, accountId, name: marker, justification: marker, ...wish };
    const { accessRequest } = await maker.make<{
      accessRequest: { id: string; grant: { id: string; drive: { id: string } | null } | null };
    }>('requestAccess', wished, 'accessRequest { id grant { id drive { id } } }', ada.token);
    return accessRequest;
  };
  const quoteId = await maker.id('quoteAccess', { offerId: wellKnown.offerStorage, ...term }, 'quote', ada.token);
  const storage = await ask({ offerId: wellKnown.offerStorage });
  const compute = await ask({ offerId: wellKnown.offerCompute });
  const offer = {
    name: 'Reviewed drive',
    per: 'GIB_MONTH',
    price: credits('1'),
    approval: 'PROVIDER',
    providerId: wellKnown.groupLocal,
    payeeAccountId: wellKnown.accountRevenueLocal,
  };
  const offerId = await maker.id('publishOffer', offer, 'offer', rita.token);
  const reviewed = await ask({ offerId, groupId });
  return {
    extensionId: await makeExtension(),
    quoteId,
    offerId,
    grantId: storage.grant?.id ?? '',
    driveId: storage.grant?.drive?.id ?? '',
    computeGrantId: compute.grant?.id ?? '',
    accessRequestId: reviewed.id,
    escrowId: await escrowOf(maker, storage.grant?.id ?? '', ada.token),
  };

  /** One that waits: its offer was automatic when the grant was given. */
  async function makeExtension(): Promise<string> {
    const automatic = { ...offer, name: 'Drive', approval: 'AUTOMATIC' };
    const laterReviewed = await maker.id('publishOffer', automatic, 'offer', rita.token);
    const { grant } = await ask({ offerId: laterReviewed });
    const next = { offerId: laterReviewed, price: credits('1'), approval: 'PROVIDER' };
    await maker.id('publishOffer', next, 'offer', rita.token);
    const wish = { grantId: grant?.id ?? '', quantity: '1', justification: marker };
    return maker.id('extendGrant', wish, 'extension', ada.token);
  }
}

async function escrowOf(maker: Maker, grantId: string, token: string): Promise<string> {
  const document = 'query ($id: ID!) { grant(id: $id) { escrow { id } } }';
  const { grant } = await maker.query<{ grant: { escrow: { id: string } } }>(document, { id: grantId }, token);
  return grant.escrow.id;
}

async function makeFiles(
  maker: Maker,
  stage: Stage,
  token: string,
  { driveId, marker }: { readonly driveId: string; readonly marker: string },
) {
  const bytes = Buffer.from(marker);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const begin = (path: string) =>
    maker.make<{
      upload: { id: string; parts: { url: string; headers: { name: string; value: string }[] }[] };
    }>(
      'beginUpload',
      { driveId, path, size: String(bytes.length), sha256 },
      'upload { id parts { url headers { name value } } }',
      token,
    );
  const path = `${marker}.txt`;
  const { upload } = await begin(path);
  for (const { url, headers } of upload.parts) {
    await stage.client.put(url, Object.fromEntries(headers.map(({ name, value }) => [name, value])), bytes);
  }
  const fileId = await maker.id('completeUpload', { uploadId: upload.id }, 'file', token);
  return { fileId, path, sha256, uploadId: (await begin(`open-${path}`)).upload.id };
}

/** A job that the controller has begun to look after. */
async function makeJob(
  maker: Maker,
  controller: string,
  { owner, grantId, marker }: { readonly owner: string; readonly grantId: string; readonly marker: string },
) {
  const clusterId = wellKnown.clusterLocal;
  const wish = { clusterId, grantId, name: marker, command: ['echo', marker], resources: { wallTimeSeconds: 60 } };
  const jobId = await maker.id('submitJob', wish, 'job', owner);
  const claimed = await maker.make<{ leases: { lease: string; fencingToken: number }[] }>(
    'claimJobs',
    { clusterId, maximum: 1, leaseSeconds: 300 },
    'leases { lease fencingToken }',
    controller,
  );
  expected(claimed.leases.length === 1, 'The controller claimed no job.');
  return { jobId, lease: claimed.leases[0]?.lease ?? '' };
}

async function makeCredentials(maker: Maker, ada: Tenant, operator: string, { marker }: { readonly marker: string }) {
  const key = {
    name: marker,
    scopes: ['storage:read'],
    expiresAt: inDays(1),
    password: ada.password,
    code: ada.recoveryCodes.shift() ?? '',
  };
  const personalAccessKeyId = await maker.id('createPersonalAccessKey', key, 'personalAccessKey', ada.token);
  const account = { name: marker, scopes: ['accounting:usage'], clusterIds: [wellKnown.clusterLocal] };
  const serviceAccountId = await maker.id('createServiceAccount', account, 'serviceAccount', operator);
  const device = await maker.make<{ userCode: string; deviceCode: string }>(
    'startDeviceLogin',
    { clientName: 'phone' },
    'userCode deviceCode',
    null,
  );
  return { personalAccessKeyId, serviceAccountId, userCode: device.userCode, deviceCode: device.deviceCode };
}
