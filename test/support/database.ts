import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { createServiceDatabase } from '../../platform/database/embedded/provision.js';
import { appRoleOf } from '../../platform/database/embedded/urls.js';
import { migrate } from '../../platform/database/migrate.js';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { migrateWork } from '../../platform/work/migrateWork.js';

/** A database of a test's own, on the run's server. */
export interface TestDatabase {
  readonly ownerUrl: string;
  readonly appUrl: string;
  readonly superuserUrl: string;
  /** Removes it, ending connections that are still open. */
  drop(): Promise<void>;
}

/**
 * A service's database as a first start leaves it: a clone, some 50 ms, of a template that is migrated once per run.
 * The roles are the cluster's, so every clone has the same two.
 * @param service a subgraph, or `sandbox`, which has the platform's tables alone
 */
export async function freshDatabase(service: string): Promise<TestDatabase> {
  const template = await ensureTemplate(service);
  return makeDatabase(service, template);
}

/** A database of a service before its first start: the two roles may enter, and nothing is there. */
export async function emptyDatabase(service: string): Promise<TestDatabase> {
  return makeDatabase(service);
}

async function makeDatabase(service: string, template?: string): Promise<TestDatabase> {
  const name = `test_${service}_${randomBytes(6).toString('hex')}`;
  await asSuperuser((client) =>
    createServiceDatabase(client, { service, name, ...(template === undefined ? {} : { template }) }),
  );
  return {
    ...urlsOf(service, name),
    drop: () =>
      asSuperuser(async (client) => void (await client.query(`drop database if exists ${name} with (force)`))),
  };
}

/** Test files run in processes of their own: the first to come migrates, the others wait. */
async function ensureTemplate(service: string): Promise<string> {
  const template = `template_${service}`;
  await asSuperuser(async (client) => {
    await client.query('select pg_advisory_lock(hashtext($1))', [template]);
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [template]);
    if (rowCount !== 0) return;
    // Built aside and renamed, so that one whose migration failed is never cloned.
    const building = `${template}_building`;
    await client.query(`drop database if exists ${building} with (force)`);
    await createServiceDatabase(client, { service, name: building });
    await migrateService(service, urlsOf(service, building).ownerUrl);
    await client.query(`alter database ${building} rename to ${template}`);
  });
  return template;
}

/** What a service does to its database at start, in the same order. */
async function migrateService(service: string, ownerUrl: string): Promise<void> {
  const appRole = appRoleOf(service);
  const prisma = join(packageRoot, 'prisma');
  await migrate({ ownerUrl, folder: join(prisma, 'platform', 'migrations'), schema: 'platform', appRole });
  await migrateWork(ownerUrl, appRole);
  const own = join(prisma, service, 'migrations');
  if (existsSync(own)) await migrate({ ownerUrl, folder: own, schema: 'public', appRole });
}

function urlsOf(service: string, name: string): Omit<TestDatabase, 'drop'> {
  const server = inject('testServer');
  const urls = server.urls[service];
  if (urls === undefined) throw new Error(`test/support/globalDatabase.ts knows no service "${service}"`);
  return {
    ownerUrl: inDatabase(urls.ownerUrl, name),
    appUrl: inDatabase(urls.appUrl, name),
    superuserUrl: inDatabase(server.superuserUrl, name),
  };
}

function inDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function asSuperuser(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: inject('testServer').superuserUrl });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
