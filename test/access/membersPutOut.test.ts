import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { inDays } from './support/accessWorld.js';
import { type GroupWorld, makeGroupWorld, type TestGroup } from './support/groupWorld.js';
import { type Loose, patience, type RealPeers, type Somebody, startRealPeers } from './support/realPeers.js';

// Who is put out of a group in the middle of using what it holds: nothing new, at no service, with no token and no URL
// that was given before; what runs already finishes. The real services follow a feed as identity gives it. How long it
// took is printed, never asserted.

let peers: RealPeers;
let world: GroupWorld;
let group: TestGroup;
let cores: Loose;
let drive: Loose;
const content = Buffer.alloc(64 * 1_024, 'x');

beforeAll(async () => {
  peers = await startRealPeers();
  world = makeGroupWorld(peers);
  group = await world.makeGroup();
  cores = await world.grantTo(group, wellKnown.offerCompute, { quantity: '40' });
  drive = await world.grantTo(group, wellKnown.offerStorage, { quantity: '1' });
});
afterAll(() => peers.stop());

/** The outcome of a try in short: a code, or DONE. */
async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    const answer = JSON.stringify(await attempt);
    return /"code":"([A-Z_]+)"/.exec(answer)?.[1] ?? 'DONE';
  } catch (error) {
    return /"code":"([A-Z_]+)"/.exec(String(error))?.[1] ?? String(error);
  }
}

const waited: string[] = [];
afterAll(() => console.info(`\nfrom the removal on: ${waited.join(', ')}`));

/** Waits until all tries are refused as said, and notes how long each took. */
async function follows(removedAt: number, expected: Record<string, [string, () => Promise<unknown>]>): Promise<void> {
  await Promise.all(
    Object.entries(expected).map(async ([what, [code, attempt]]) => {
      await expect.poll(() => codeOf(attempt()), { ...patience, interval: 10 }).toBe(code);
      waited.push(`${what} ${Math.round(performance.now() - removedAt)} ms`);
    }),
  );
}

const idOfDrive = async (who: Somebody) => (await world.driveOf(who, drive['id']))?.['id'];

describe('whoever is put out of a group', () => {
  it('reads and writes its drive no more, by no URL that was signed before', async () => {
    const leaver = await group.join('MEMBER');
    const driveId = await idOfDrive(leaver);
    const first = await world.beginUpload(leaver, driveId, `a-${leaver.userId}`, content);
    await world.putPart(first['upload']?.['parts']?.[0]?.['url'], content);
    const fileId = (await world.completeUpload(leaver, first['upload']?.['id']))['file']?.['id'];
    const { url } = await world.download(leaver, fileId);
    const ranged = () => fetch(String(url), { headers: { range: 'bytes=0-9' } });
    expect((await ranged()).status).toBe(206);
    const open = await world.beginUpload(leaver, driveId, `b-${leaver.userId}`, content);
    const partUrl = open['upload']?.['parts']?.[0]?.['url'];
    expect((await world.putPart(partUrl, content)).status).toBe(200);

    const removedAt = performance.now();
    group.remove(leaver);
    const entity = async () => (await world.entities('storage', 'Drive', [driveId], leaver))[0] ?? { code: 'NULL' };
    await follows(removedAt, {
      'read by a signed URL': ['URL_EXPIRED', async () => (await ranged()).json().catch(() => ({}))],
      'write by a signed URL': ['URL_EXPIRED', async () => (await world.putPart(partUrl, content)).json()],
      'the drive by key': ['NULL', entity],
      createDownload: ['NOT_FOUND', () => world.download(leaver, fileId)],
      completeUpload: ['NOT_FOUND', () => world.completeUpload(leaver, open['upload']?.['id'])],
      beginUpload: ['NOT_FOUND', () => world.beginUpload(leaver, driveId, 'c', content)],
    });
    // The group's ADMIN goes on with what was sent.
    expect(await world.completeUpload(group.admin, open['upload']?.['id'])).toMatchObject({ refusal: null });
  });

  it('has written nothing by a part that was on its way', async () => {
    const leaver = await group.join('MEMBER');
    const begun = await world.beginUpload(leaver, await idOfDrive(leaver), `slow-${leaver.userId}`, content);
    let goOn = (): void => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new Uint8Array(content.subarray(0, 1_024)));
        await held;
        controller.enqueue(new Uint8Array(content.subarray(1_024)));
        controller.close();
      },
    });
    const options = { method: 'PUT', body, duplex: 'half' } as RequestInit;
    const put = fetch(String(begun['upload']?.['parts']?.[0]?.['url']), options);
    group.remove(leaver);
    await expect.poll(() => codeOf(world.entities('storage', 'Drive', [], leaver)), patience).toBe('DONE');
    await expect.poll(() => world.driveOf(leaver, drive['id']), patience).toBeNull();
    goOn();
    expect(await (await put).json()).toMatchObject({ code: 'URL_EXPIRED' });
    expect(await world.completeUpload(group.admin, begun['upload']?.['id'])).toMatchObject({
      refusal: { code: 'PARTS_MISSING' },
    });
  });

  it('submits no more jobs; the one that runs finishes and is paid for', async () => {
    const leaver = await group.join('MEMBER');
    const job = await world.submit(leaver, cores['id']);
    const jobId = String(job?.['job']?.['id']);
    const controller = await makeController();
    const lease = await controller.claim(jobId);
    await controller.report(lease, { sequence: 1, status: 'RUNNING', startedAt: new Date().toISOString() });

    const removedAt = performance.now();
    group.remove(leaver);
    await follows(removedAt, { submitJob: ['GRANT_NOT_USABLE', () => world.submit(leaver, cores['id'])] });
    const startedAt = new Date(Date.now() - 1_800_000).toISOString();
    await controller.report(lease, {
      sequence: 2,
      status: 'COMPLETED',
      exitCode: 0,
      startedAt,
      endedAt: new Date().toISOString(),
      logSequence: 0,
    });
    const seen = 'query J($id: ID!) { job(id: $id) { status cost { amount } submittedBy { id } } }';
    const shown = async () => (await peers.call('compute', seen, { id: jobId }, group.admin.token))['job'];
    await expect.poll(shown, patience).toMatchObject({
      status: 'COMPLETED',
      cost: { amount: expect.stringMatching(/^1(\.|$)/) },
      submittedBy: { id: leaver.userId },
    });
    // Its submitter still sees it: it is the person's own.
    expect((await peers.call('compute', seen, { id: jobId }, leaver.token))['job']).toMatchObject({
      status: 'COMPLETED',
    });
  });

  it('is refused by the ledger itself, with a token that a service got before', async () => {
    const leaver = await group.join('MEMBER');
    const exchanged = await peers.identity.issueToken({
      subject: leaver.userId,
      audience: 'accounting',
      scopes: ['accounting:spend'],
      actor: 'compute',
    });
    const place = (amount: string) =>
      peers.callAs(
        'compute',
        'accounting',
        `mutation H($input: PlaceHoldInput!) { placeHold(input: $input) { hold { id } refusal { code } } }`,
        {
          input: {
            idempotencyKey: newId('audit'),
            debitAccountId: cores['escrow']?.['id'],
            creditAccountId: wellKnown.accountRevenueLocal,
            amount: { amount, unit: 'CREDIT' },
            reason: 'job',
          },
        },
        exchanged,
      );
    expect(await codeOf(place('0.5'))).toBe('DONE');
    const removedAt = performance.now();
    group.remove(leaver);
    await follows(removedAt, { 'placeHold by a service': ['NOT_FOUND', () => place('0.01')] });
  });

  it('asks for nothing, ends nothing and decides nothing in the name of the group', async () => {
    const leaver = await group.join('ADMIN');
    const ask = () =>
      peers.call(
        'access',
        `mutation A($input: RequestAccessInput!) { requestAccess(input: $input) { accessRequest { id } refusal { code } } }`,
        {
          input: {
            idempotencyKey: newId('audit'),
            offerId: wellKnown.offerStorage,
            quantity: '1',
            endsAt: inDays(2),
            accountId: group.accountId,
            groupId: group.groupId,
            name: 'x',
          },
        },
        leaver.token,
      );
    expect(await codeOf(ask())).toBe('DONE');
    const end = () =>
      peers.call(
        'access',
        'mutation E($input: EndGrantInput!) { endGrant(input: $input) { grant { id } refusal { code } } }',
        { input: { idempotencyKey: newId('audit'), grantId: cores['id'] } },
        leaver.token,
      );
    const cap = () =>
      peers.call(
        'accounting',
        'mutation C($input: SetMemberCapInput!) { setMemberCap(input: $input) { account { id } refusal { code } } }',
        { input: { grantId: cores['id'] } },
        leaver.token,
      );
    expect(await codeOf(cap())).toBe('DONE');
    const grant = async () => (await world.entities('access', 'Grant', [cores['id']], leaver))[0] ?? { code: 'NULL' };
    const removedAt = performance.now();
    group.remove(leaver);
    await follows(removedAt, {
      'the grant by key': ['NULL', grant],
      requestAccess: ['NOT_FOUND', ask],
      setMemberCap: ['NOT_FOUND', cap],
    });
    expect(await codeOf(end())).toBe('NOT_FOUND');
  });

  it('has lost it with a personal access key and a narrowed token as well', async () => {
    const leaver = await group.join('MEMBER');
    const key = await peers.identity.issueToken({
      subject: leaver.userId,
      sessionId: newId('personalAccessKey'),
      scopes: ['compute:submit', 'accounting:spend', 'storage:read'],
    });
    const narrowed = await peers.identity.issueToken({
      subject: leaver.userId,
      scopes: ['storage:read'],
      restricted: true,
    });
    const byKey = { ...leaver, token: key };
    expect(await codeOf(world.submit(byKey, cores['id']))).toBe('DONE');
    expect(await idOfDrive({ ...leaver, token: narrowed })).toBeDefined();
    const removedAt = performance.now();
    group.remove(leaver);
    const gone = (token: string) => async () =>
      (await idOfDrive({ ...leaver, token })) === undefined ? { code: 'NULL' } : {};
    await follows(removedAt, {
      'submitJob with a key': ['GRANT_NOT_USABLE', () => world.submit(byKey, cores['id'])],
      'the drive with a key': ['NULL', gone(key)],
      'the drive with a narrowed token': ['NULL', gone(narrowed)],
    });
  });
});

/** The controller of the local cluster. */
async function makeController() {
  const token = await peers.identity.issueToken({
    subject: wellKnown.serviceAccountLocalController,
    scopes: ['compute:control'],
    clusterIds: [wellKnown.clusterLocal],
  });
  const clusterId = wellKnown.clusterLocal;
  return {
    async claim(jobId: string): Promise<Loose> {
      const document = `mutation C($input: ClaimJobsInput!) { claimJobs(input: $input) {
        leases { job { id } lease fencingToken } refusal { code } } }`;
      const input = { clusterId, maximum: 100, leaseSeconds: 600 };
      const { claimJobs } = await peers.call('compute', document, { input }, token);
      const leases = claimJobs?.['leases'] as unknown as readonly Loose[] | undefined;
      const lease = leases?.find(({ job }) => String(job?.['id']) === jobId);
      if (lease === undefined) throw new Error('the job was not claimed');
      return lease;
    },
    async report({ job, lease, fencingToken }: Loose, update: object): Promise<void> {
      const document = `mutation R($input: ReportJobsInput!) { reportJobs(input: $input) {
        results { refusal { code message } } refusal { code message } } }`;
      const updates = [{ jobId: job?.['id'], lease, fencingToken, ...update }];
      const { reportJobs } = await peers.call('compute', document, { input: { clusterId, updates } }, token);
      expect(reportJobs).toMatchObject({ results: [{ refusal: null }], refusal: null });
    },
  };
}
