import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectEmbeddedDatabase } from '../../platform/database/connectEmbeddedDatabase.js';
import { packageRoot, packageVersion } from '../../platform/kernel/packageRoot.js';
import { makeHome, type Program, startProgram } from '../support/program.js';

/** Prisma's own lock, which whoever migrates has alone. */
const MIGRATION_LOCK = 72_707_369;
const patience = { timeout: 60_000 };

describe('an upgrade', () => {
  let home: string;
  let remove: () => Promise<void>;
  const programs: Program[] = [];
  let owner: pg.Client;

  const start = (words: readonly string[], environment: Record<string, string> = {}): Program => {
    const program = startProgram(['start', ...words], { TOLLGATE_HOME: home, ...environment });
    programs.push(program);
    return program;
  };

  beforeEach(async () => {
    ({ home, remove } = await makeHome());
    await start(['database']).waitFor(/Ready: database/);
    await start(['identity']).waitFor(/Ready: identity/);
    const { ownerUrl } = (await connectEmbeddedDatabase(home)).urls('accounting');
    owner = new pg.Client({ connectionString: ownerUrl });
    await owner.connect();
  });
  afterEach(async () => {
    await owner.end();
    for (const program of programs.splice(0).reverse()) await program.end('SIGTERM');
    await remove();
  });

  const waiting = async (): Promise<number> => {
    const { rows } = await owner.query(
      `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = ${MIGRATION_LOCK} AND NOT granted`,
    );
    return rows.length;
  };

  it('is made by one of two processes, while the other waits; then both serve', async () => {
    await owner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const one = start(['accounting']);
    await expect.poll(waiting, patience).toBe(1);
    // Another replica on the same database, as on another machine: with a home of its own.
    const second = await makeHome();
    const { ownerUrl, appUrl } = (await connectEmbeddedDatabase(home)).urls('accounting');
    const other = start(['accounting'], {
      TOLLGATE_HOME: second.home,
      ACCOUNTING_MIGRATION_URL: ownerUrl,
      ACCOUNTING_DATABASE_URL: appUrl,
      ACCOUNTING_KEY_FILE: join(home, 'keys', 'accounting', 'private.jwk'),
      IDENTITY_PUBLIC_KEY_FILE: join(home, 'keys', 'identity', 'public.jwk'),
      IDENTITY_URL: await identityUrl(),
    });
    await expect.poll(waiting, patience).toBe(2);
    // Whoever looks at it is told what it waits for.
    const told = 'accounting waits for another process that migrates its database, and goes on when that one is done.';
    await Promise.all([one, other].map((program) => program.waitFor(new RegExp(told))));
    // Neither has done anything, nor does it listen.
    expect((await owner.query("SELECT to_regclass('public.account') AS there")).rows).toEqual([{ there: null }]);
    for (const place of [home, second.home]) expect(existsSync(join(place, 'run', 'accounting.json'))).toBe(false);
    await owner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    await Promise.all([one.waitFor(/Ready: accounting/), other.waitFor(/Ready: accounting/)]);
    for (const program of [one, other]) expect(program.output().split(told)).toHaveLength(2);
    const { rows } = await owner.query<{ name: string }>(
      'SELECT migration_name AS name FROM public._prisma_migrations ORDER BY started_at, migration_name',
    );
    const folder = await readdir(join(packageRoot, 'prisma', 'accounting', 'migrations'), { withFileTypes: true });
    expect(rows.map(({ name }) => name).sort()).toEqual(
      folder
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort(),
    );
    await other.end('SIGTERM');
    await second.remove();
  });

  it('that a newer program made is refused by an older one, in one sentence, and undone by nobody', async () => {
    const first = start(['accounting']);
    await first.waitFor(/Ready: accounting/);
    await first.end('SIGTERM');
    await owner.query(
      `INSERT INTO public._prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ('newer', '', '99991231235959_of_tomorrow', now(), 1)`,
    );
    const again = start(['accounting']);
    expect(await again.ended).toEqual({ code: 1, signal: null });
    expect(again.output()).toMatch(
      new RegExp(
        `\\ntollgate: The database has migration 99991231235959_of_tomorrow, which this program \\(${packageVersion}\\) does not know; ` +
          'start the version that made it, or a newer one\\.\\n$',
      ),
    );
    expect(existsSync(join(home, 'run', 'accounting.lock'))).toBe(false);
  });

  async function identityUrl(): Promise<string> {
    return (JSON.parse(await readFile(join(home, 'run', 'identity.json'), 'utf8')) as { url: string }).url;
  }
});
