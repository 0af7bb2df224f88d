import pg from 'pg';

/**
 * What may change although a call was refused, by table: what tells of calls, and what services do by themselves.
 * Everything else stands as it stood.
 */
const MAY_CHANGE: Readonly<Record<string, string>> = {
  'platform.audit_entry': 'tells of refused calls too',
  'platform.idempotency_key': 'remembers refusals',
  'public.failure_counter': 'counts guesses at credentials',
  'public.checkpoint': 'is made every minute',
  'public.feed_follower': 'tells how far each process has read',
};

/** The state of a database: for each table of its own a digest of all its rows, in no order. */
export interface DatabaseDigest {
  read(): Promise<Readonly<Record<string, string>>>;
  end(): Promise<void>;
}

/** Looks at a database as its owner. */
export async function databaseDigest(ownerUrl: string): Promise<DatabaseDigest> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname IN ('public', 'platform') ORDER BY 1`,
  );
  const tables = rows.map(({ name }) => name).filter((name) => !(name in MAY_CHANGE));
  const sql = tables
    .map(
      (name) =>
        `SELECT '${name}' AS name, md5(coalesce(string_agg(row, '' ORDER BY row), '')) AS digest
         FROM (SELECT md5(one::text) AS row FROM ${name} AS one) AS rows`,
    )
    .join(' UNION ALL ');
  return {
    async read() {
      const found = await client.query<{ name: string; digest: string }>(sql);
      return Object.fromEntries(found.rows.map(({ name, digest }) => [name, digest]));
    },
    end: () => client.end(),
  };
}
