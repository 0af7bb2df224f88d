import pg from 'pg';

/** The advisory lock, in the database `postgres`, that whoever keeps the server holds. */
const keeperLock = 7_016_655;
const connectMsMax = 5_000;

/**
 * The connection by which one process keeps a server. It holds a lock in the server itself, which ends with the process
 * however that dies: no lock file can be left behind. Its end tells that the server went away.
 */
export interface Keeper {
  readonly client: pg.Client;
  /** Resolves when the connection is gone, for whatever reason. */
  readonly gone: Promise<void>;
  /** Gives the lock up. */
  release(): Promise<void>;
}

/** What came of asking for the server. */
export type KeeperOutcome =
  | { readonly kind: 'KEPT'; readonly keeper: Keeper }
  /** Another process keeps it. */
  | { readonly kind: 'TAKEN'; readonly pid: number }
  /** No answer yet, or another program's. */
  | { readonly kind: 'NO_ANSWER'; readonly error: unknown };

/**
 * Connects as superuser and takes the keeper's lock.
 * @param options.dataFolder the server must serve this folder: another home's server may have got the port
 */
export async function becomeKeeper(options: {
  readonly url: string;
  readonly dataFolder: string;
}): Promise<KeeperOutcome> {
  const client = new pg.Client({
    connectionString: options.url,
    application_name: keeperName(process.pid),
    connectionTimeoutMillis: connectMsMax,
    keepAlive: true,
  });
  // Without a listener an error of an idle connection would end the process; `end` follows it and is what counts.
  client.on('error', () => undefined);
  const gone = new Promise<void>((resolve) => client.once('end', resolve));
  try {
    await client.connect();
    const { rows } = await client.query<{ folder: string; kept: boolean }>(
      `select current_setting('data_directory') as folder, pg_try_advisory_lock(${keeperLock}) as kept`,
    );
    if (rows[0]?.folder !== options.dataFolder) throw new Error(`the port belongs to ${rows[0]?.folder}`);
    if (rows[0].kept) return { kind: 'KEPT', keeper: { client, gone, release: () => client.end() } };
    const pid = await keeperOf(client);
    await client.end();
    return { kind: 'TAKEN', pid };
  } catch (error) {
    await client.end().catch(() => undefined);
    return { kind: 'NO_ANSWER', error };
  }
}

async function keeperOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ name: string }>(
    `select application_name as name from pg_stat_activity join pg_locks using (pid)
     where locktype = 'advisory' and objid = ${keeperLock} and granted`,
  );
  return Number(rows[0]?.name.split(' ').at(-1) ?? 0);
}

function keeperName(pid: number): string {
  return `tollgate keeper ${pid}`;
}
