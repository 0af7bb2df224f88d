import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exitCodes } from '../../cli/exitCodes.js';
import { superuserUrl } from '../../platform/database/embedded/urls.js';
import { makeHome, startProgram } from '../support/program.js';
import { badStart } from './support/badStart.js';
import { type DatabaseElsewhere, startDatabaseElsewhere } from './support/databaseElsewhere.js';

const PASSWORD = 'what-nobody-says';

let server: DatabaseElsewhere;
let superuser: pg.Client;
let port: number;
beforeAll(async () => {
  server = await startDatabaseElsewhere();
  const file = JSON.parse(await readFile(join(server.home, 'run', 'database.json'), 'utf8')) as {
    superuserPassword: string;
    port: number;
  };
  ({ port } = file);
  superuser = new pg.Client({ connectionString: superuserUrl(file.superuserPassword, port) });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await server.stop();
});

let home: string;
let remove: () => Promise<void>;
let count = 0;
beforeEach(async () => {
  ({ home, remove } = await makeHome());
  count += 1;
});
afterEach(() => remove());

const urlOf = (role: string, name: string): string => `postgresql://${role}:${PASSWORD}@127.0.0.1:${port}/${name}`;

/** A database of an operator's own with two roles, as the documentation has it made. */
async function ownDatabase(): Promise<{ name: string; owner: string; app: string }> {
  const [name, owner, app] = [`own${count}`, `owner${count}`, `app${count}`];
  await superuser.query(`create role ${owner} login password '${PASSWORD}'`);
  await superuser.query(`create role ${app} login password '${PASSWORD}'`);
  await superuser.query(`create database ${name} owner ${owner}`);
  return { name, owner, app };
}

const addressed = (service: string, name: string, owner: string, app: string): Record<string, string> => ({
  [`${service.toUpperCase()}_MIGRATION_URL`]: urlOf(owner, name),
  [`${service.toUpperCase()}_DATABASE_URL`]: urlOf(app, name),
});

/** What a start of a service on it says that must be refused. */
const refusalOf = (
  service: string,
  { name, owner, app }: { name: string; owner: string; app: string },
  code: number = exitCodes.cannotStart,
): Promise<string> => badStart({ home, words: [service], environment: addressed(service, name, owner, app), code });

/** Has a service start on it and end again: it is migrated then. */
async function startOnce({ name, owner, app }: { name: string; owner: string; app: string }): Promise<void> {
  const environment = { TOLLGATE_HOME: join(home, '..', 'first'), ...addressed('identity', name, owner, app) };
  const program = startProgram(['start', 'identity'], environment);
  await program.waitFor(/Ready: identity/);
  expect(await program.end('SIGTERM')).toEqual({ code: exitCodes.done, signal: null });
}

describe('roles of a database that an operator made', () => {
  it('an owner that does not own it', async () => {
    const { name, owner, app } = await ownDatabase();
    await superuser.query(`alter database ${name} owner to postgres`);
    expect(await refusalOf('identity', { name, owner, app })).toBe(
      `tollgate: The role ${owner} may not do its work in the database ${name} at 127.0.0.1:${port} (permission denied for database ${name}); ` +
        `name the role in IDENTITY_MIGRATION_URL that owns the database and its tables, or make this one that (ALTER DATABASE ${name} OWNER TO ${owner}).`,
    );
    await superuser.query(`alter database ${name} owner to ${owner}`);
    await startOnce({ name, owner, app });
  });

  it('an owner that did not make the tables', async () => {
    const { name, owner, app } = await ownDatabase();
    await startOnce({ name, owner, app });
    await superuser.query(`create role other${count} login password '${PASSWORD}'`);
    await superuser.query(`alter database ${name} owner to other${count}`);
    expect(await refusalOf('identity', { name, owner: `other${count}`, app })).toMatch(
      /^tollgate: The role other\d+ may not do its work .* \(no schema has been selected to create in\); name the role in IDENTITY_MIGRATION_URL that owns/,
    );
  });

  it('a serving role that it was not set up for, until that one is made a member of the one that it was', async () => {
    const { name, owner, app } = await ownDatabase();
    await startOnce({ name, owner, app });
    const other = `newapp${count}`;
    await superuser.query(`create role ${other} login password '${PASSWORD}'`);
    expect(await refusalOf('identity', { name, owner, app: other })).toBe(
      `tollgate: The role ${other} has no rights in the database ${name} at 127.0.0.1:${port}, since it was set up for ${app}; ` +
        `name that one in IDENTITY_DATABASE_URL, or have ${other} be a member of it (GRANT ${app} TO ${other}).`,
    );
    await superuser.query(`grant ${app} to ${other}`);
    await startOnce({ name, owner, app: other });
  });

  it('a serving role that lost a right', async () => {
    const { name, owner, app } = await ownDatabase();
    await startOnce({ name, owner, app });
    const asOwner = new pg.Client({ connectionString: urlOf(owner, name) });
    await asOwner.connect();
    await asOwner.query(`revoke select on signing_key from ${app}`);
    await asOwner.end();
    expect(await refusalOf('identity', { name, owner, app })).toBe(
      `tollgate: The role ${app} may not do its work in the database ${name} at 127.0.0.1:${port} (permission denied for table signing_key); ` +
        'name the role in IDENTITY_DATABASE_URL that the database was set up for, or give this one the same rights.',
    );
  });

  it('one role for both, or a serving role that may be the owner: refused before anything is made', async () => {
    const { name, owner, app } = await ownDatabase();
    const reason =
      `, which may do all that the owner ${owner} may; name a role of its own there, with the right to connect alone: ` +
      'what serves must not be able to change what was written for good.';
    expect(await refusalOf('accounting', { name, owner, app: owner })).toBe(
      `tollgate: ACCOUNTING_DATABASE_URL names the role ${owner}${reason}`,
    );
    await superuser.query(`grant ${owner} to ${app}`);
    expect(await refusalOf('accounting', { name, owner, app })).toBe(
      `tollgate: ACCOUNTING_DATABASE_URL names the role ${app}${reason}`,
    );
    await superuser.query(`revoke ${owner} from ${app}`);
    await startOnce({ name, owner, app });
  });
});

describe('a database that is not the one', () => {
  it("because it is another service's", async () => {
    const { name, owner, app } = await ownDatabase();
    await startOnce({ name, owner, app });
    expect(await refusalOf('access', { name, owner, app })).toBe(
      `tollgate: The database ${name} at 127.0.0.1:${port} is that of identity; correct ACCESS_MIGRATION_URL and ACCESS_DATABASE_URL to the one of access.`,
    );
  });

  it('because the two addresses lead to two', async () => {
    const { name, owner, app } = await ownDatabase();
    const environment = {
      IDENTITY_MIGRATION_URL: urlOf(owner, name),
      IDENTITY_DATABASE_URL: urlOf(app, 'postgres'),
    };
    expect(await badStart({ home, words: ['identity'], environment })).toBe(
      `tollgate: IDENTITY_MIGRATION_URL leads to the database ${name} at 127.0.0.1:${port} and IDENTITY_DATABASE_URL to another, postgres at 127.0.0.1:${port}; correct the one that is wrong.`,
    );
  });

  it.each([
    ['owner', 'IDENTITY_MIGRATION_URL'],
    ['app', 'IDENTITY_DATABASE_URL'],
  ] as const)('because it takes no writes of the %s, as a standby, which may be promoted', async (which, variable) => {
    const roles = await ownDatabase();
    await superuser.query(`alter role ${roles[which]} set default_transaction_read_only = on`);
    expect(await refusalOf('identity', roles, exitCodes.tryAgain)).toBe(
      `tollgate: The database ${roles.name} at 127.0.0.1:${port} takes no writes: it is a standby, or read-only by its settings; ` +
        `name the primary in ${variable}, or have it take writes.`,
    );
  });
});
