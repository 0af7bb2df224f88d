import pg from 'pg';
import { type DatabaseFile, newPassword } from './databaseFile.js';
import { appRoleOf, databaseOf, ownerOf } from './urls.js';

/**
 * Gives each service its database and its two roles, where they are missing.
 * Passwords are made here once; the caller writes the returned file before anybody uses them.
 * @param client a superuser's connection
 */
export async function provisionServices(
  client: pg.Client,
  options: { readonly services: readonly string[]; readonly file: DatabaseFile },
): Promise<DatabaseFile> {
  const services = { ...options.file.services };
  for (const service of options.services) {
    const known = services[service];
    const passwords = known ?? { ownerPassword: newPassword(), appPassword: newPassword() };
    services[service] = passwords;
    const isNew = known === undefined;
    await ensureRole(client, { role: ownerOf(service), password: passwords.ownerPassword, isNew });
    await ensureRole(client, { role: appRoleOf(service), password: passwords.appPassword, isNew });
    await ensureDatabase(client, service);
  }
  return { ...options.file, services };
}

/** A role that exists keeps its password, unless the file has lost it. */
async function ensureRole(
  client: pg.Client,
  options: { readonly role: string; readonly password: string; readonly isNew: boolean },
): Promise<void> {
  const role = pg.escapeIdentifier(options.role);
  const { rowCount } = await client.query('select 1 from pg_roles where rolname = $1', [options.role]);
  if (rowCount !== 0 && !options.isNew) return;
  const verb = rowCount === 0 ? 'create' : 'alter';
  await client.query(`${verb} role ${role} login password ${pg.escapeLiteral(options.password)}`);
}

async function ensureDatabase(client: pg.Client, service: string): Promise<void> {
  const name = databaseOf(service);
  const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
  if (rowCount !== 0) return;
  await createServiceDatabase(client, { service, name });
}

/**
 * Makes a database that the service's two roles alone may enter; what the app role may do there, migrations grant.
 * @param options.template a database to clone, PostgreSQL's own empty one unless told
 */
export async function createServiceDatabase(
  client: pg.Client,
  options: { readonly service: string; readonly name: string; readonly template?: string },
): Promise<void> {
  const name = pg.escapeIdentifier(options.name);
  const owner = pg.escapeIdentifier(ownerOf(options.service));
  const app = pg.escapeIdentifier(appRoleOf(options.service));
  const template = pg.escapeIdentifier(options.template ?? 'template1');
  await client.query(`create database ${name} owner ${owner} template ${template}`);
  await client.query(`revoke all on database ${name} from public`);
  await client.query(`grant connect on database ${name} to ${app}`);
}
