import { readdir } from 'node:fs/promises';
import pg from 'pg';
import { type SubgraphName, subgraphNames } from '../kernel/services.js';
import type { DatabaseUrls } from '../server/settings.js';
import { databasePlace } from './databasePlace.js';
import { DatabaseStartError } from './databaseStartError.js';
import { untilAborted } from './untilAborted.js';

/** What the owner sees of a database before anything is changed in it. */
interface Look {
  readonly owner: string;
  /** Whether the serving role may do all that the owner may. */
  readonly servesAsOwner: boolean | null;
  /** null: nothing was ever migrated there, or the role is not there. */
  readonly isAdmitted: boolean | null;
  /** Whom the first start let in. */
  readonly admitted: readonly string[] | null;
  readonly isMigrated: boolean;
}

const LOOK = `select current_user as owner,
  pg_has_role(app.oid, current_user, 'MEMBER') as "servesAsOwner",
  has_schema_privilege(app.oid, platform.oid, 'USAGE') as "isAdmitted",
  (select array_agg(pg_get_userbyid(grantee)::text) from aclexplode(platform.nspacl)
   where grantee not in (0, platform.nspowner)) as admitted,
  exists (select from pg_class where relname = '_prisma_migrations' and relnamespace = 'public'::regnamespace
   and has_table_privilege(oid, 'SELECT')) as "isMigrated"
from (values (1)) as one
left join pg_roles app on app.rolname = $1
left join pg_namespace platform on platform.nspname = 'platform'`;

/**
 * Sees that a database is the service's, and that the serving role is the one that it was set up for and not its owner: the
 * ledger's and the audit's rules rest on what that role may not. Asked before anything is changed there.
 * @param migrationsOf the folder with a service's migrations
 * @throws DatabaseStartError naming the variable; what the connection throws
 */
export async function requireFitDatabase(
  service: SubgraphName,
  urls: DatabaseUrls,
  { migrationsOf, signal }: { readonly migrationsOf: (name: SubgraphName) => string; readonly signal?: AbortSignal },
): Promise<void> {
  const role = decodeURIComponent(new URL(urls.appUrl).username);
  const { look, applied } = await lookAt(urls.ownerUrl, role, signal);
  const other = await serviceOf(applied, service, migrationsOf);
  const [serving, migrating] = [`${service.toUpperCase()}_DATABASE_URL`, `${service.toUpperCase()}_MIGRATION_URL`];
  const { database, place } = databasePlace(urls.ownerUrl);
  if (other !== null) {
    throw new DatabaseStartError(
      `The database ${database} at ${place} is that of ${other}; correct ${migrating} and ${serving} to the one of ${service}.`,
    );
  }
  if (look.servesAsOwner === true) {
    throw new DatabaseStartError(
      `${serving} names the role ${role}, which may do all that the owner ${look.owner} may; name a role of its own there, with the right ` +
        'to connect alone: what serves must not be able to change what was written for good.',
    );
  }
  if (look.isAdmitted === false) {
    const others = look.admitted ?? [];
    const remedy =
      others.length === 0
        ? 'it was set up for its owner alone; restore a backup of it into an empty one'
        : `it was set up for ${others.join(', ')}; name that one in ${serving}, or have ${role} be a member of it (GRANT ${others[0]} TO ${role})`;
    throw new DatabaseStartError(
      `The role ${role} has no rights in the database ${database} at ${place}, since ${remedy}.`,
    );
  }
}

async function lookAt(
  ownerUrl: string,
  role: string,
  signal?: AbortSignal,
): Promise<{ readonly look: Look; readonly applied: ReadonlySet<string> }> {
  const client = new pg.Client({
    connectionString: ownerUrl,
    application_name: 'tollgate migrate',
    ...untilAborted(signal),
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const [look] = (await client.query<Look>(LOOK, [role])).rows;
    if (look === undefined) throw new Error('PostgreSQL answered without a row.');
    const names = look.isMigrated
      ? await client.query<{ name: string }>('select migration_name as name from public._prisma_migrations')
      : { rows: [] };
    return { look, applied: new Set(names.rows.map(({ name }) => name)) };
  } finally {
    await client.end();
  }
}

/** The other service whose migrations were applied; null where there is none. */
async function serviceOf(
  applied: ReadonlySet<string>,
  service: SubgraphName,
  migrationsOf: (name: SubgraphName) => string,
): Promise<SubgraphName | null> {
  const own = new Set(await readdir(migrationsOf(service)));
  const foreign = [...applied].filter((name) => !own.has(name));
  if (foreign.length === 0) return null;
  for (const other of subgraphNames) {
    const names = await readdir(migrationsOf(other));
    if (names.some((name) => foreign.includes(name))) return other;
  }
  return null;
}
