import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, eventually, fault, succeed } from '../../cli/tour/graph.js';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import type { Stage } from '../../cli/tour/stage.js';
import { accountOpened } from '../../cli/tour/steps/accountOpened.js';
import { moneyDeposited } from '../../cli/tour/steps/moneyDeposited.js';
import { type OperatorCredentials, operatorLogsIn } from '../../cli/tour/steps/operatorLogsIn.js';
import { type Researcher, researcherRegisters } from '../../cli/tour/steps/researcherRegisters.js';
import { assertInvariants } from '../invariants/assertInvariants.js';
import { type Activity, type Answered, startActivity } from '../support/activity.js';
import { logIn, type Session } from '../support/logIn.js';
import { ownerUrlsOf } from '../support/ownerUrls.js';
import { freePort, makeHome, type Program, startProgram } from '../support/program.js';

/** Rows of a home's database, whose server runs. */
async function rowsOf<Row extends pg.QueryResultRow>(
  home: string,
  service: 'access' | 'accounting' | 'storage' | 'compute',
  sql: string,
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: (await ownerUrlsOf(home))[service] });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}
const idsOf = async (...request: Parameters<typeof rowsOf>): Promise<ReadonlySet<string>> =>
  new Set((await rowsOf<{ id: string }>(...request)).map(({ id }) => id));

const patience = { timeout: 60_000 };
const JOURNAL = 'SELECT sequence::text AS id, to_jsonb(j)::text AS row FROM journal_entry j ORDER BY sequence';
const IN_USE = `SELECT p.object_key AS id FROM upload_part p JOIN upload u ON u.id = p.upload_id
                JOIN drive d ON d.id = u.drive_id WHERE d.purge_since IS NULL AND u.status <> 'ABORTED'`;

describe('a backup that is taken while people work, restored elsewhere', () => {
  let home: string;
  let restored: string;
  let backup: string;
  let remove: () => Promise<void>;
  const running: Program[] = [];
  let stage: Stage;
  let researcher: Researcher;
  let session: Session;
  let deviceCode: string;
  let activity: Activity;
  let point: { after: string; before: string };

  const start = async (where: string, words: readonly string[], ready: RegExp): Promise<Program> => {
    const environment = { TOLLGATE_HOME: where, TOLLGATE_PORT: String(await freePort()) };
    const program = startProgram(['start', ...words], environment);
    running.push(program);
    await program.waitFor(ready);
    return program;
  };
  const gatewayOf = (program: Program): string => /http:\/\/[\d.:]+(?=\/graphql)/.exec(program.output())?.[0] ?? '';
  const run = async (words: readonly string[], environment: Record<string, string> = {}) => {
    const program = startProgram(words, environment);
    const { code } = await program.ended;
    return { code, output: program.output() };
  };

  beforeAll(async () => {
    ({ home, remove } = await makeHome());
    restored = join(dirname(home), 'restored');
    backup = join(dirname(home), 'backup');
    const program = await start(home, [], /Tollgate is ready/);
    stage = { client: httpClient(gatewayOf(program)), codes: oneTimeCodes(), narrate: () => {}, run: 'backup' };
    const operator = JSON.parse(await readFile(join(home, 'operator.json'), 'utf8')) as OperatorCredentials;
    const operatorToken = await operatorLogsIn(stage, operator);
    researcher = await researcherRegisters(stage);
    session = await logIn(stage, researcher);
    ({ deviceCode } = await succeed<{ deviceCode: string }>(
      stage,
      'startDeviceLogin',
      { clientName: 'cli' },
      'deviceCode',
      null,
    ));
    const accountId = await accountOpened(stage, researcher.username, researcher.userId, session.accessToken);
    await moneyDeposited(stage, accountId, '100', operatorToken);
    const { account } = await succeed<{ account: { id: string } }>(
      stage,
      'openAccount',
      { idempotencyKey: 'other', owner: { userId: researcher.userId }, name: 'other', unit: 'CREDIT' },
      'account { id }',
      session.accessToken,
    );
    activity = await startActivity({ stage, token: session.accessToken, accountId }, account.id);
  });
  afterAll(async () => {
    await activity?.stop().catch(() => undefined);
    await Promise.all(running.map((program) => program.end('SIGTERM')));
    await remove();
  });

  const of = (kind: Answered['kind']) => activity.answered.filter((one) => one.kind === kind);

  it('is made without one failed request', async () => {
    for (const kind of ['TRANSFER', 'FILE', 'GRANT'] as const)
      await expect.poll(() => of(kind).length, patience).toBeGreaterThan(2);
    const { code, output } = await run(['backup', backup, '--json'], { TOLLGATE_HOME: home });
    expect(code, output).toBe(0);
    const counts = { transfers: of('TRANSFER').length, grants: of('GRANT').length };
    ({ point } = JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)) as { point: typeof point });
    const [after, before] = [Date.parse(point.after), Date.parse(point.before)];
    expect(activity.answered.filter((one) => one.startedAt >= after && one.answeredAt <= before)).not.toEqual([]);
    await expect.poll(() => of('TRANSFER').length, patience).toBeGreaterThan(counts.transfers + 2);
    await expect.poll(() => of('GRANT').length, patience).toBeGreaterThan(counts.grants + 1);
    await activity.stop();
    expect(await run(['backup', 'verify', backup])).toMatchObject({ code: 0 });
  });

  it('is for its owner alone, and leaves nothing beside it', async () => {
    const files = await readdir(backup, { recursive: true, withFileTypes: true });
    for (const file of files) {
      const { mode } = await stat(join(file.parentPath, file.name));
      expect((mode & 0o777).toString(8), file.name).toBe(file.isDirectory() ? '700' : '600');
    }
    expect((await stat(backup)).mode & 0o777).toBe(0o700);
    expect((await readdir(dirname(backup))).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('has each database as it was at one point: what was answered before, nothing begun after', async () => {
    await mkdir(restored);
    const { code, output } = await run(['restore', backup, '--home', restored], { TOLLGATE_HOME: home });
    expect(code, output).toBe(0);
    const database = await start(restored, ['database'], /Ready: database/);

    const journal = await rowsOf(restored, 'accounting', JOURNAL);
    expect(journal.length).toBeGreaterThan(5);
    const whole = await rowsOf(home, 'accounting', JOURNAL);
    expect(journal).toEqual(whole.slice(0, journal.length));
    expect(whole.length).toBeGreaterThan(journal.length);

    const there = {
      TRANSFER: await idsOf(
        restored,
        'accounting',
        'SELECT transfer_id AS id FROM journal_entry WHERE transfer_id IS NOT NULL',
      ),
      FILE: await idsOf(restored, 'storage', 'SELECT id FROM file_version'),
      GRANT: await idsOf(restored, 'access', 'SELECT id FROM access_grant'),
    };
    for (const { kind, id, startedAt, answeredAt } of activity.answered) {
      if (answeredAt < Date.parse(point.after)) expect(there[kind], `${kind} ${id}`).toContain(id);
      if (startedAt > Date.parse(point.before)) expect(there[kind], `${kind} ${id}`).not.toContain(id);
    }
    // Whatever the database names is in the store.
    const objects = await idsOf(restored, 'storage', IN_USE);
    expect(objects.size).toBeGreaterThan(0);
    for (const key of objects) {
      const upload = key.split('/')[0] ?? '';
      expect(existsSync(join(restored, 'objects', upload.slice(-2), key)), key).toBe(true);
    }
    await database.end('SIGTERM');
  });

  it('comes up with its chains ended and its books in order, and gives every file back', async () => {
    const program = await start(restored, [], /Tollgate is ready/);
    stage = { ...stage, client: httpClient(gatewayOf(program)) };
    await eventually(90, 'The invariants do not hold.', async () => {
      const broken = await assertInvariants(await ownerUrlsOf(restored)).then(
        () => null,
        (error: Error) => error,
      );
      return broken === null ? true : null;
    });
    // Whoever was logged in is not any more, by no token.
    const old = await fault(stage, '{ viewer { user { id } } }', {}, session.accessToken);
    expect(old).toMatchObject({ status: 401, extensions: { code: 'UNAUTHENTICATED' } });
    const { refreshToken } = session;
    expect(await attempt(stage, 'refreshSession', { refreshToken }, 'accessToken', null)).toMatchObject({
      refusal: { code: 'INVALID_REFRESH_TOKEN' },
    });
    // Whoever asked to be let in is asked to ask again.
    expect(await attempt(stage, 'pollDeviceLogin', { deviceCode }, 'accessToken', null)).toMatchObject({
      refusal: { code: 'ACCESS_DENIED' },
    });
    const { accessToken } = await logIn(stage, researcher);
    const files = activity.files.filter(({ versionId }) =>
      of('FILE').some(({ id, answeredAt }) => id === versionId && answeredAt < Date.parse(point.after)),
    );
    expect(files.length).toBeGreaterThan(0);
    for (const { fileId, sha256 } of files) {
      const { url } = await succeed<{ url: string }>(stage, 'createDownload', { fileId }, 'url', accessToken);
      const { bytes } = await stage.client.get(url);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
  });
});
