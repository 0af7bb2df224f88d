import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, succeed } from '../../cli/tour/graph.js';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import type { Stage } from '../../cli/tour/stage.js';
import { accountOpened } from '../../cli/tour/steps/accountOpened.js';
import { type Researcher, researcherRegisters } from '../../cli/tour/steps/researcherRegisters.js';
import { connectEmbeddedDatabase } from '../../platform/database/connectEmbeddedDatabase.js';
import { readDatabaseFile } from '../../platform/database/embedded/databaseFile.js';
import { databaseOf, ownerOf, superuser } from '../../platform/database/embedded/urls.js';
import { freePort, makeHome, type Program, startProgram } from '../support/program.js';

const DATABASE = databaseOf('identity');
const COPIES = ['copy_one', 'copy_two'] as const;
const patience = { timeout: 60_000 };

/*
 * An older copy of identity's database is put back by hand, while the other services run: once with identity stopped, as
 * docs/operations.md says, and once under its feet.
 */
describe("an older copy of identity's database, put back under running services", () => {
  let home: string;
  let remove: () => Promise<void>;
  let stage: Stage;
  let environment: Record<string, string>;
  const running = new Map<string, Program>();
  let server: pg.Client;
  let ada: Researcher;
  let accountId: string;

  const start = async (name: string): Promise<void> => {
    const program = startProgram(['start', name], environment);
    running.set(name, program);
    await program.waitFor(new RegExp(`Ready: ${name}`));
  };
  const stop = async (name: string): Promise<void> => void (await running.get(name)?.end('SIGTERM'));
  const warnings = (name: string): number =>
    [...(running.get(name)?.output() ?? '').matchAll(/identity's database is an older one/g)].length;

  beforeAll(async () => {
    ({ home, remove } = await makeHome());
    const port = await freePort();
    environment = { TOLLGATE_HOME: home, TOLLGATE_PORT: String(port), TOLLGATE_LOG_LEVEL: 'warn' };
    await start('database');
    await Promise.all(['identity', 'accounting', 'gateway'].map(start));
    const client = httpClient(`http://127.0.0.1:${port}`);
    stage = { client, codes: oneTimeCodes(), narrate: () => {}, run: 'put-back' };
    const file = await readDatabaseFile(home);
    server = new pg.Client({
      host: '127.0.0.1',
      port: file?.port ?? 0,
      user: superuser,
      password: file?.superuserPassword ?? '',
      database: 'postgres',
    });
    await server.connect();
    ada = await registers('ada');
    accountId = await accountOpened(stage, ada.username, ada.userId, (await logsIn(ada)).token);
    // The copies that are put back later.
    await stop('identity');
    for (const copy of COPIES)
      await server.query(`CREATE DATABASE ${copy} TEMPLATE ${DATABASE} OWNER ${ownerOf('identity')}`);
    await start('identity');
  });
  afterAll(async () => {
    await server?.end();
    for (const name of ['gateway', 'accounting', 'identity', 'database']) await stop(name);
    await remove();
  });

  const registers = (name: string): Promise<Researcher> =>
    researcherRegisters({ ...stage, run: `${stage.run}-${name}` });
  /** With recovery codes, of which there are ten, so that no test waits for the next half minute. */
  const used = new Map<string, number>();
  const logsIn = async ({ username, password, recoveryCodes }: Researcher) => {
    const before = used.get(username) ?? 0;
    used.set(username, before + 1);
    const input = { username, password, code: recoveryCodes[before] };
    const { accessToken: token, session } = await succeed<{ accessToken: string; session: { id: string } }>(
      stage,
      'logIn',
      input,
      'accessToken session { id }',
      null,
    );
    return { token, sessionId: session.id };
  };
  /** What accounting, by itself, says to a token about an account. */
  const atAccounting = async (token: string): Promise<string> => {
    const { data, errors } = await stage.client.ask<{ account: { id: string } | null }>(
      'query ($id: ID!) { account(id: $id) { id } }',
      { id: accountId },
      token,
    );
    return errors[0]?.extensions.code ?? data?.account?.id ?? '';
  };
  const atIdentity = async (token: string): Promise<string> => {
    const { errors } = await stage.client.ask('{ viewer { user { id } } }', {}, token);
    return errors[0]?.extensions.code ?? 'OK';
  };
  const makesGroup = async (token: string, name: string): Promise<string> => {
    const input = { idempotencyKey: `${stage.run}-${name}`, name };
    const { group } = await succeed<{ group: { id: string } }>(stage, 'createGroup', input, 'group { id }', token);
    return group.id;
  };
  /** Rows of a service's database. */
  const rowsOf = async <Row extends pg.QueryResultRow>(service: string, sql: string): Promise<Row[]> => {
    const { urls } = await connectEmbeddedDatabase(home);
    const client = new pg.Client({ connectionString: urls(service).ownerUrl });
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const positionOf = async (service: string): Promise<number> =>
    (await rowsOf<{ at: number }>(service, 'SELECT sequence::int AS at FROM platform.feed_position'))[0]?.at ?? 0;
  const head = async (): Promise<number> =>
    (await rowsOf<{ at: number }>('identity', 'SELECT sequence::int AS at FROM feed_head'))[0]?.at ?? 0;
  const follows = () =>
    expect.poll(async () => (await positionOf('accounting')) === (await head()), patience).toBe(true);
  const loses = async (copy: string): Promise<void> => {
    await server.query(`ALTER DATABASE ${DATABASE} ALLOW_CONNECTIONS false`);
    await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [DATABASE]);
    await server.query(`DROP DATABASE ${DATABASE} WITH (FORCE)`);
    await server.query(`ALTER DATABASE ${copy} RENAME TO ${DATABASE}`);
    // What was used up since the copy is not any more.
    used.set(ada.username, 1);
  };

  /** Bob, and a group of Ada's, whom nobody but the lost history will have known. */
  const makesWhatIsLost = async (name: string) => {
    const bob = await registers(name);
    const bobs = await logsIn(bob);
    const adas = await logsIn(ada);
    const groupId = await makesGroup(adas.token, `Lost with ${name}`);
    // Known to accounting, which has nothing to show to Bob.
    expect(await atAccounting(bobs.token)).toBe('NOT_FOUND');
    expect(await atAccounting(adas.token)).toBe(accountId);
    await follows();
    return { bob, bobs, adas, groupId, position: await positionOf('accounting') };
  };

  /** What holds once accounting follows the copy. */
  const holdsWhatIsThere = async (lost: Awaited<ReturnType<typeof makesWhatIsLost>>) => {
    await expect.poll(() => atAccounting(lost.bobs.token), patience).toBe('UNAUTHENTICATED');
    expect(await atAccounting(lost.adas.token)).toBe('UNAUTHENTICATED');
    const { username, password } = lost.bob;
    const again = { username, password, code: lost.bob.recoveryCodes[0] };
    const refused = await attempt(stage, 'logIn', again, 'accessToken', null);
    expect(refused.refusal?.code).toBe('INVALID_CREDENTIALS');
    const memberships = `SELECT FROM platform.feed_projection WHERE subject LIKE '${lost.groupId}/%'`;
    expect(await rowsOf('accounting', memberships)).toEqual([]);

    // Times of issue are whole seconds: a token of the very second in which the loss was noticed counts for one of before.
    const second = () => Math.floor(Date.now() / 1_000);
    const noticed = second();
    await expect.poll(second, patience).toBeGreaterThan(noticed);
    // A revocation among the very rows that a follower at its old position would have passed over.
    const [first, other, third] = [await logsIn(ada), await logsIn(ada), await logsIn(ada)];
    for (const { token } of [first, other, third]) expect(await atAccounting(token)).toBe(accountId);
    expect(await head()).toBeLessThan(lost.position);
    await succeed(stage, 'revokeSession', { sessionId: first.sessionId }, 'session { id }', third.token);
    expect(await atAccounting(first.token)).toBe('UNAUTHENTICATED');
    // And one beyond it.
    for (let groups = 0; (await head()) <= lost.position; groups += 1)
      await makesGroup(third.token, `New ${lost.position} ${groups}`);
    await succeed(stage, 'revokeSession', { sessionId: other.sessionId }, 'session { id }', third.token);
    expect(await atAccounting(other.token)).toBe('UNAUTHENTICATED');
    expect(await atAccounting(third.token)).toBe(accountId);
    await follows();
  };

  it('is followed by the others, with identity stopped meanwhile: a lost person is believed no more, a revocation counts at once', async () => {
    const lost = await makesWhatIsLost('bob');
    await stop('identity');
    await loses(COPIES[0]);
    await start('identity');
    await holdsWhatIsThere(lost);
    expect(warnings('accounting')).toBe(1);
  });

  it('is followed by identity itself too, where it runs on', async () => {
    const lost = await makesWhatIsLost('eve');
    await loses(COPIES[1]);
    await expect.poll(() => atIdentity(lost.bobs.token), patience).toBe('UNAUTHENTICATED');
    expect(warnings('identity')).toBe(1);
    await holdsWhatIsThere(lost);
  });
});
