import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, query, succeed } from '../../cli/tour/graph.js';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import type { Stage } from '../../cli/tour/stage.js';
import { accessRequested, type Granted } from '../../cli/tour/steps/accessRequested.js';
import { accountOpened } from '../../cli/tour/steps/accountOpened.js';
import { moneyDeposited } from '../../cli/tour/steps/moneyDeposited.js';
import { type OperatorCredentials, operatorLogsIn } from '../../cli/tour/steps/operatorLogsIn.js';
import { type Researcher, researcherRegisters } from '../../cli/tour/steps/researcherRegisters.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { assertInvariants, type OwnerUrls } from '../invariants/assertInvariants.js';
import { logIn } from '../support/logIn.js';
import { ownerUrlsOf } from '../support/ownerUrls.js';
import { freePort, makeHome, type Program, startProgram } from '../support/program.js';

/*
 * A backup is taken while everything is half done, and nothing moves: a job runs and money is held for it, one part of an upload
 * has arrived, one chain of access is in the middle and another waits for a reviewer. The old installation is ended, and the
 * backup is started elsewhere, with a controller that knows of no job.
 */
const MEBIBYTE = 2 ** 20;
const PART_BYTES = 5 * MEBIBYTE;
const content = randomBytes(PART_BYTES + MEBIBYTE);
const sha256 = createHash('sha256').update(content).digest('hex');
const endsAt = new Date(Date.now() + 30 * 86_400_000).toISOString();
const PAUSED_AT = 'access.requestAccess.provision.after';

/** What stands still while the backup is taken. A lease is kept meanwhile, and is not told. */
const STANDING: Readonly<Record<keyof OwnerUrls, readonly string[]>> = {
  accounting: [
    'SELECT to_jsonb(a) AS row FROM account a ORDER BY id',
    'SELECT to_jsonb(h) AS row FROM hold h ORDER BY id',
    'SELECT to_jsonb(j)::text AS row FROM journal_entry j ORDER BY sequence',
  ],
  compute: ['SELECT jsonb_build_array(id, status, hold_id) AS row FROM job ORDER BY id'],
  storage: ['SELECT to_jsonb(u) AS row FROM upload u ORDER BY id', 'SELECT to_jsonb(p) AS row FROM upload_part p'],
  access: ['SELECT jsonb_build_array(id, status) AS row FROM access_request ORDER BY id'],
};

async function standingOf(home: string): Promise<Readonly<Record<string, readonly unknown[]>>> {
  const urls = await ownerUrlsOf(home);
  const found: Record<string, readonly unknown[]> = {};
  for (const service of ['accounting', 'compute', 'storage', 'access'] as const) {
    const client = new pg.Client({ connectionString: urls[service] });
    await client.connect();
    for (const sql of STANDING[service]) found[sql] = (await client.query<{ row: unknown }>(sql)).rows;
    await client.end();
  }
  return found;
}

interface UploadView {
  readonly id: string;
  readonly parts: readonly { readonly number: number; readonly size: string; url: string; received: boolean }[];
}
interface JobView {
  readonly status: string;
  readonly reason: string | null;
  readonly cost: { readonly amount: string } | null;
  readonly hold: { readonly status: string; readonly captured: { readonly amount: string } };
}

describe('a backup of an installation where everything is half done', () => {
  let home: string;
  let restored: string;
  let backup: string;
  let remove: () => Promise<void>;
  const running: Program[] = [];
  let stage: Stage;
  let operator: OperatorCredentials;
  let researcher: Researcher;
  let token: string;
  let drive: Granted;
  let jobId: string;
  let waitingId: string;
  let standing: Awaited<ReturnType<typeof standingOf>>;

  const start = async (where: string, words: readonly string[], ready: RegExp, variables = {}): Promise<Program> => {
    const environment = { TOLLGATE_HOME: where, TOLLGATE_PORT: String(await freePort()), ...variables };
    const program = startProgram(['start', ...words], environment);
    running.push(program);
    await program.waitFor(ready);
    return program;
  };
  const clientOf = (program: Program) =>
    httpClient(/http:\/\/[\d.:]+(?=\/graphql)/.exec(program.output())?.[0] ?? 'http://gateway.invalid');
  const jobNow = async (): Promise<JobView> => {
    const document =
      'query ($id: ID!) { job(id: $id) { status reason cost { amount } hold { status captured { amount } } } }';
    return (await query<{ job: JobView }>(stage, document, { id: jobId }, token)).job;
  };
  const requestsNow = async (): Promise<ReadonlyMap<string, string>> => {
    const document = '{ accessRequests(first: 10) { nodes { name status } } }';
    type Answer = { accessRequests: { nodes: readonly { name: string; status: string }[] } };
    const { accessRequests } = await query<Answer>(stage, document, {}, token);
    return new Map(accessRequests.nodes.map(({ name, status }) => [name, status]));
  };
  const beginUpload = async (): Promise<UploadView> => {
    const input = {
      idempotencyKey: 'half',
      driveId: drive.driveId,
      path: 'half.bin',
      size: String(content.length),
      sha256,
      partSize: String(PART_BYTES),
    };
    const selection = 'upload { id parts { number size url received } }';
    return (await succeed<{ upload: UploadView }>(stage, 'beginUpload', input, selection, token)).upload;
  };
  const sendPart = async ({ parts }: UploadView, number: number): Promise<void> => {
    const bytes = content.subarray((number - 1) * PART_BYTES, number * PART_BYTES);
    expect(await stage.client.put(parts.find((part) => part.number === number)?.url ?? '', {}, bytes)).toBe(200);
  };

  beforeAll(async () => {
    ({ home, remove } = await makeHome());
    restored = join(dirname(home), 'restored');
    backup = join(dirname(home), 'backup');
    const planFile = join(dirname(home), 'faults');
    const source = await start(home, [], /Tollgate is ready/, {
      TOLLGATE_FAULTS: `file:${planFile}`,
      // What runs, runs while the backup is taken, however long that takes here.
      ACCESS_LEASE_MS: '99999',
      ACCESS_CALL_TIMEOUT_MS: '30000',
      TOLLGATE_LOCAL_LEASE_SECONDS: '20',
    });
    stage = { client: clientOf(source), codes: oneTimeCodes(), narrate: () => {}, run: 'midway' };
    operator = JSON.parse(await readFile(join(home, 'operator.json'), 'utf8')) as OperatorCredentials;
    const operatorToken = await operatorLogsIn(stage, operator);
    researcher = await researcherRegisters(stage);
    token = (await logIn(stage, researcher)).accessToken;
    const accountId = await accountOpened(stage, researcher.username, researcher.userId, token);
    await moneyDeposited(stage, accountId, '100', operatorToken);
    const wish = { accountId, quantity: '1', days: 30 };
    drive = await accessRequested(stage, { ...wish, kind: 'STORAGE', name: 'drive' }, token);
    const cores = await accessRequested(stage, { ...wish, kind: 'COMPUTE', name: 'cores' }, token);

    const submission = {
      idempotencyKey: 'long',
      clusterId: cores.clusterId,
      grantId: cores.grantId,
      name: 'long',
      command: ['sleep', '1000'],
      resources: { wallTimeSeconds: 1_200 },
    };
    ({ id: jobId } = (await succeed<{ job: { id: string } }>(stage, 'submitJob', submission, 'job { id }', token)).job);
    await eventually(60, 'The job does not run.', async () => ((await jobNow()).status === 'RUNNING' ? true : null));

    await sendPart(await beginUpload(), 1);

    const { offer } = await succeed<{ offer: { id: string } }>(
      stage,
      'publishOffer',
      {
        idempotencyKey: 'reviewed',
        name: 'Reviewed',
        price: { amount: '1', unit: 'CREDIT' },
        per: 'GIB_MONTH',
        providerId: wellKnown.groupLocal,
        approval: 'PROVIDER',
      },
      'offer { id }',
      operatorToken,
    );
    const request = (name: string, offerId: string) =>
      succeed<{ accessRequest: { id: string; status: string } }>(
        stage,
        'requestAccess',
        { idempotencyKey: name, offerId, quantity: '1', endsAt, accountId, name },
        'accessRequest { id status }',
        token,
      );
    const { accessRequest } = await request('waits', offer.id);
    expect(accessRequest.status).toBe('IN_REVIEW');
    waitingId = accessRequest.id;
    await writeFile(planFile, `${PAUSED_AT}=pause#once`);
    const asked = request('middle', wellKnown.offerStorage).catch(() => undefined);
    await source.waitFor(new RegExp(`^paused at ${PAUSED_AT}`, 'm'));

    try {
      standing = await standingOf(home);
      const taking = startProgram(['backup', backup], { TOLLGATE_HOME: home });
      expect((await taking.ended).code, taking.output()).toBe(0);
      // Nothing has moved: what stood before it and after it stood at its point.
      expect(await standingOf(home)).toEqual(standing);
      expect((await jobNow()).status).toBe('RUNNING');
    } finally {
      // The old one goes, and whatever it still does to an end is in no backup.
      process.kill(source.pid, 'SIGUSR2');
    }
    await asked;
    expect(await source.end('SIGTERM')).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    await Promise.all(running.map((program) => program.end('SIGTERM')));
    await remove();
  });

  it('has every balance, hold and entry, and all that is under way, as they stood', async () => {
    const restoring = startProgram(['restore', backup, '--home', restored], {});
    expect((await restoring.ended).code, restoring.output()).toBe(0);
    const database = await start(restored, ['database'], /Ready: database/);
    const found = await standingOf(restored);
    expect(found).toEqual(standing);
    // And there was something to keep.
    const texts = Object.values(found).map((rows) => JSON.stringify(rows));
    expect(texts.join()).toMatch(/"OPEN"/);
    for (const status of ['RUNNING', 'IN_REVIEW', 'PROVISIONING']) expect(texts.join()).toContain(`"${status}"`);
    await database.end('SIGTERM');
  });

  it('comes up, and ends the job uncharged once its lease has run out, with its money free again', async () => {
    stage = { ...stage, client: clientOf(await start(restored, [], /Tollgate is ready/)) };
    token = (await logIn(stage, researcher)).accessToken;
    const job = await eventually(120, 'The lost job does not end.', async () => {
      const now = await jobNow();
      return now.status === 'RUNNING' ? null : now;
    });
    expect(job).toMatchObject({
      status: 'NODE_FAILED',
      reason: 'Its controller did not answer any more.',
      hold: { status: 'RELEASED', captured: { amount: '0' } },
    });
    expect(job.cost?.amount ?? '0').toBe('0');
  });

  it('takes the parts of the upload that are missing, and the file is whole', async () => {
    const upload = await beginUpload();
    expect(upload.parts.map(({ received }) => received)).toEqual([true, false]);
    await sendPart(upload, 2);
    const { file } = await succeed<{ file: { id: string; sha256: string } }>(
      stage,
      'completeUpload',
      { idempotencyKey: randomUUID(), uploadId: upload.id },
      'file { id sha256 }',
      token,
    );
    expect(file.sha256).toBe(sha256);
    const { url } = await succeed<{ url: string }>(stage, 'createDownload', { fileId: file.id }, 'url', token);
    const { bytes } = await stage.client.get(url);
    expect(content.equals(bytes)).toBe(true);
  });

  it('brings the chain that was in the middle to its end, and the other one when it is approved', async () => {
    await eventually(60, 'The chain does not go on.', async () =>
      (await requestsNow()).get('middle') === 'ACTIVE' ? true : null,
    );
    expect((await requestsNow()).get('waits')).toBe('IN_REVIEW');
    const { accessRequest } = await succeed<{ accessRequest: { status: string } }>(
      stage,
      'approveAccessRequest',
      { idempotencyKey: 'approve', accessRequestId: waitingId },
      'accessRequest { status }',
      await operatorLogsIn(stage, operator),
    );
    expect(['ACTIVE', 'PROVISIONING']).toContain(accessRequest.status);
    await eventually(60, 'The approved chain does not end.', async () =>
      (await requestsNow()).get('waits') === 'ACTIVE' ? true : null,
    );
    await assertInvariants(await ownerUrlsOf(restored));
  });
});
