import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type IdentityHarness, startIdentityHarness } from '../support/identityHarness.js';
import { runMutation } from '../support/runMutation.js';

let identity: IdentityHarness;

beforeAll(async () => {
  identity = await startIdentityHarness();
});
afterAll(() => identity.stop());

const count = async (query: string, values: readonly unknown[] = []): Promise<number> =>
  Number((await identity.sql<{ count: string }>(`SELECT count(*) AS count FROM ${query}`, values))[0]?.count);

/** Makes everything older: the database's clock, which has a say in what is removed, cannot be moved. */
async function age(by: string): Promise<void> {
  const stamps = {
    session: ['created_at', 'last_used_at', 'expires_at', 'absolute_expires_at', 'ended_at'],
    refresh_token: ['created_at', 'used_at'],
    enrolment: ['expires_at', 'confirmed_at'],
    recovery_code: ['used_at'],
    remembered_device: ['created_at', 'expires_at'],
    device_login: ['created_at', 'expires_at', 'next_poll_at', 'decided_at'],
    failure_counter: ['window_ends_at'],
  };
  for (const [table, columns] of Object.entries(stamps)) {
    const changes = columns.map((column) => `${column} = ${column} - $1::interval`);
    await identity.sql(`UPDATE ${table} SET ${changes.join(', ')}`, [by]);
  }
}

/** Lets the waiting run of the job be due, and waits until it has asked for the next. */
async function runJob(): Promise<void> {
  const [before] = await identity.sql<{ id: string }>(
    "SELECT id FROM graphile_worker.jobs WHERE task_identifier = 'identity.removeWhatIsOver'",
  );
  await identity.sql(
    `UPDATE graphile_worker._private_jobs AS job SET run_at = now() FROM graphile_worker.jobs AS shown
     WHERE shown.id = job.id AND shown.task_identifier = 'identity.removeWhatIsOver'`,
  );
  await vi.waitFor(
    async () => {
      const jobs = await identity.sql<{ id: string; locked_at: Date | null }>(
        "SELECT id, locked_at FROM graphile_worker.jobs WHERE task_identifier = 'identity.removeWhatIsOver'",
      );
      expect(jobs).toMatchObject([{ locked_at: null }]);
      expect(jobs[0]?.id).not.toBe(before?.id);
    },
    { timeout: 15_000 },
  );
}

describe('removal of what is over', () => {
  it('removes sessions with their tokens, device logins, enrolments and used codes after thirty days, and nothing live', async () => {
    const person = await identity.newPerson();
    const ended = await identity.logIn(person);
    const refreshed = await runMutation<{ refreshToken: string; accessToken: string }>(
      identity,
      'refreshSession',
      { refreshToken: ended.refreshToken },
      'refreshToken accessToken',
    );
    const token = refreshed.payload?.accessToken ?? '';
    const { username, password, recoveryCodes } = person;
    await runMutation(identity, 'logIn', { username, password, code: recoveryCodes[0], rememberDevice: true });
    await runMutation(identity, 'startDeviceLogin', { clientName: 'cli' });
    await runMutation(identity, 'logOut', {}, '', { token });
    const over = async () => ({
      sessions: await count('session WHERE user_id = $1', [person.id]),
      tokens: await count('refresh_token JOIN session ON session.id = session_id WHERE user_id = $1', [person.id]),
      devices: await count('remembered_device WHERE user_id = $1', [person.id]),
      deviceLogins: await count('device_login'),
      enrolments: await count('enrolment WHERE user_id = $1', [person.id]),
      codes: await count('recovery_code WHERE user_id = $1', [person.id]),
    });
    const all = { sessions: 2, tokens: 3, devices: 1, deviceLogins: 1, enrolments: 1, codes: 10 };
    await runJob();
    expect(await over()).toEqual(all);

    await age('29 days');
    await runJob();
    expect(await over()).toEqual(all);
    const live = await identity.logIn(person);

    await age('25 hours');
    await runJob();
    // The other session ended by itself twelve hours after its log-in, and is kept for thirty days from then.
    expect(await over()).toEqual({ sessions: 2, tokens: 2, devices: 0, deviceLogins: 0, enrolments: 0, codes: 9 });
    expect(await count('failure_counter WHERE window_ends_at <= $1', [identity.clock.now()])).toBe(0);

    // A spent token of a live session is still known: it ends the session.
    const next = await runMutation(identity, 'refreshSession', { refreshToken: live.refreshToken });
    expect(next.outcome).toBe('INVALID_REFRESH_TOKEN');
    await age('1 day');
    await runJob();
    expect(await over()).toMatchObject({ sessions: 1, tokens: 1 });
  });

  it('runs again in an hour, and waits once however often identity starts', async () => {
    await identity.restart();
    const waiting = "graphile_worker.jobs WHERE task_identifier = 'identity.removeWhatIsOver'";
    await vi.waitFor(
      async () => {
        const jobs = await identity.sql<{ run_at: Date }>(`SELECT run_at FROM ${waiting} AND locked_at IS NULL`);
        expect(jobs.map(({ run_at }) => run_at.getTime())).toEqual([identity.clock.now().getTime() + 3_600_000]);
      },
      { timeout: 15_000 },
    );
  });

  it('spares what was over for less than 29 days, whatever the serving role calls', async () => {
    const person = await identity.newPerson();
    const { accessToken: token } = await identity.logIn(person);
    await runMutation(identity, 'logOut', {}, '', { token });
    const app = new pg.Client({ connectionString: identity.settings.database.appUrl });
    await app.connect();
    const removeAll = () => app.query(`SELECT remove_what_is_over(now(), now() + interval '1 year', 1000)`);
    const sessions = () => count('session WHERE user_id = $1', [person.id]);
    await age('28 days');
    await removeAll();
    expect(await sessions()).toBe(1);
    await age('2 days');
    await removeAll();
    expect(await sessions()).toBe(0);
    await app.end();
  });

  it('is all that the serving role may remove', async () => {
    const tables = ['session', 'refresh_token', 'enrolment', 'recovery_code', 'remembered_device', 'device_login'];
    for (const table of tables) {
      const [may] = await identity.sql(`SELECT has_table_privilege('identity_app', '${table}', 'DELETE') AS delete`);
      expect(may, table).toEqual({ delete: false });
    }
  });
});
