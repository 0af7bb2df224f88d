import pg from 'pg';
import { type SubgraphName, subgraphNames } from '../../platform/kernel/services.js';
import { median } from '../harness.js';
import { drive, type Rate } from '../ledger/drive.js';
import { pgbench } from '../ledger/pgbench.js';
import { type AccessStand, startAccessStand } from './accessStand.js';

const ROUNDS = 5;
const SECONDS = 6;
const LIMIT_SECONDS = 3;
const WARM_UP = 64;
const CALLERS = 32;
/** The services hold most of the server's hundred connections. */
const LIMIT_CLIENTS = 16;

/** What one chain writes, counted by the server while chains ran. */
interface Writes {
  /** Transactions that wrote. */
  readonly commits: number;
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
  /** Bytes of its write-ahead log. */
  readonly logBytes: number;
}

/**
 * B9: the whole chain of requestAccess, 32 concurrent, each answered ACTIVE, half drives and half cores, against its durable
 * commits alone: pgbench inserts, updates and deletes as many rows in as many transactions as the server counted for a
 * chain. Then p50 and p99 at 1, 8 and 32 concurrent, straight at access and through the gateway.
 */
export async function b9RequestAccess(print: (line: string) => void): Promise<void> {
  print(`B9 requestAccess: the whole chain, ${CALLERS} concurrent, against its durable commits alone by pgbench`);
  const stand = await startAccessStand();
  try {
    let asked = 0;
    const askAt = (path: 'gateway' | 'access') => async (): Promise<void> => {
      asked += 1;
      const { accessRequest, refusal } = await stand.ask(path, asked % 2 === 0 ? 'STORAGE' : 'COMPUTE');
      if (accessRequest?.status !== 'ACTIVE') {
        throw new Error(`The run is void: ${JSON.stringify({ accessRequest, refusal })}`);
      }
    };
    for (let one = 0; one < WARM_UP; one += 1) await askAt('access')();
    const writes = await countWrites(stand, askAt('access'));
    print(
      `  a chain writes in ${writes.commits.toFixed(1)} transactions: ${writes.inserts.toFixed(1)} inserts, ${writes.updates.toFixed(1)} updates, ` +
        `${writes.deletes.toFixed(1)} deletes, ${(writes.logBytes / 1024).toFixed(1)} KiB of log`,
    );
    await compare(stand, askAt('access'), writes, print);
    for (const path of ['access', 'gateway'] as const) {
      for (const callers of [1, 8, CALLERS]) {
        const { perSecond, p50Ms, p99Ms } = await drive({ callers, groupSize: 1, seconds: SECONDS, call: askAt(path) });
        const where = path === 'access' ? 'straight at access' : 'through the gateway';
        print(
          `  ${where}, ${callers} concurrent: ${perSecond.toFixed(1)}/s, p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms`,
        );
      }
    }
  } finally {
    await stand.stop();
  }
}

async function compare(
  stand: AccessStand,
  ask: () => Promise<void>,
  writes: Writes,
  print: (line: string) => void,
): Promise<void> {
  const script = await prepareLimit(stand.urlOf('access'), writes);
  const rounds: { readonly rate: Rate; readonly limit: number; readonly cpu: Readonly<Record<string, number>> }[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const before = await stand.cpuSeconds();
    const rate = await drive({ callers: CALLERS, groupSize: 1, seconds: SECONDS, call: ask });
    const after = await stand.cpuSeconds();
    const chains = rate.perSecond * SECONDS;
    const cpu = Object.fromEntries(
      Object.entries(after).map(([name, seconds]) => [name, ((seconds - (before[name] ?? 0)) / chains) * 1000]),
    );
    const limit = await pgbench({
      url: stand.urlOf('access'),
      script,
      clients: LIMIT_CLIENTS,
      seconds: LIMIT_SECONDS,
    });
    rounds.push({ rate, limit, cpu });
    print(`  round ${round}: ${rate.perSecond.toFixed(1)}/s against ${limit.toFixed(0)}/s`);
  }
  const ratio = median(rounds.map(({ rate, limit }) => rate.perSecond / limit));
  const figure = (of: (rate: Rate) => number): number => median(rounds.map(({ rate }) => of(rate)));
  const cpuOf = (name: string): number => median(rounds.map(({ cpu }) => cpu[name] ?? 0));
  const names = Object.keys(rounds[0]?.cpu ?? {});
  print(
    `  median ${figure(({ perSecond }) => perSecond).toFixed(1)}/s (p50 ${figure(({ p50Ms }) => p50Ms).toFixed(0)} ms, ` +
      `p99 ${figure(({ p99Ms }) => p99Ms).toFixed(0)} ms) against ${median(rounds.map(({ limit }) => limit)).toFixed(0)}/s: ratio ${ratio.toFixed(3)} (goal: 0.7)`,
  );
  print(
    `  processor time a chain: ${names
      .reduce((sum, name) => sum + cpuOf(name), 0)
      .toFixed(1)} ms: ${names.map((name) => `${name} ${cpuOf(name).toFixed(1)}`).join(', ')}`,
  );
}

/** Counts what so many chains write, of all databases of the services. */
async function countWrites(stand: AccessStand, ask: () => Promise<void>): Promise<Writes> {
  const before = await readCounters(stand);
  for (let one = 0; one < WARM_UP; one += 1) await ask();
  const after = await readCounters(stand);
  const each = (of: (counters: Writes) => number): number => (of(after) - of(before)) / WARM_UP;
  return {
    commits: each(({ commits }) => commits),
    inserts: each(({ inserts }) => inserts),
    updates: each(({ updates }) => updates),
    deletes: each(({ deletes }) => deletes),
    logBytes: each(({ logBytes }) => logBytes),
  };
}

/** A session tells what it did when it is at rest for a moment. */
const SETTLE_MS = 1_500;

async function readCounters(stand: AccessStand): Promise<Writes> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  let sum: Writes = { commits: 0, inserts: 0, updates: 0, deletes: 0, logBytes: 0 };
  for (const service of subgraphNames) {
    const one = await readOne(stand, service);
    sum = {
      // The log and the count of transactions with an id are the server's, the same in each of its databases.
      commits: one.commits,
      logBytes: one.logBytes,
      inserts: sum.inserts + one.inserts,
      updates: sum.updates + one.updates,
      deletes: sum.deletes + one.deletes,
    };
  }
  return sum;
}

async function readOne(stand: AccessStand, service: SubgraphName): Promise<Writes> {
  const client = new pg.Client({ connectionString: stand.urlOf(service) });
  await client.connect();
  try {
    // Only what writes takes an id.
    const { rows } = await client.query<Record<keyof Writes, string>>(
      `SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS commits,
         pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text AS "logBytes",
         sum(n_tup_ins)::text AS inserts, sum(n_tup_upd)::text AS updates, sum(n_tup_del)::text AS deletes
       FROM pg_stat_user_tables`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('The server counts nothing.');
    return {
      commits: Number(row.commits),
      logBytes: Number(row.logBytes),
      inserts: Number(row.inserts),
      updates: Number(row.updates),
      deletes: Number(row.deletes),
    };
  } finally {
    await client.end();
  }
}

/**
 * Makes the limit's tables in a schema of its own, and the script of one chain's commits: the rows are spread over the
 * transactions, each insert as wide as the chain's log says.
 */
async function prepareLimit(url: string, writes: Writes): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`CREATE SCHEMA IF NOT EXISTS bench_limit;
      CREATE TABLE bench_limit.fact (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL);
      CREATE TABLE bench_limit.state (id int PRIMARY KEY, body text NOT NULL) WITH (fillfactor = 50);
      INSERT INTO bench_limit.state SELECT n, repeat('x', 100) FROM generate_series(1, 100000) n;
      ANALYZE bench_limit.state;`);
  } finally {
    await client.end();
  }
  const commits = Math.round(writes.commits);
  const share = (all: number, commit: number): number =>
    Math.round((all * (commit + 1)) / commits) - Math.round((all * commit) / commits);
  const bytes = Math.min(400, Math.round(writes.logBytes / (writes.inserts + writes.updates) / 2));
  const transactions = Array.from({ length: commits }, (_, commit) => [
    'BEGIN;',
    ...Array.from(
      { length: share(writes.inserts, commit) },
      () => `INSERT INTO bench_limit.fact (body) VALUES (repeat('x', ${bytes}));`,
    ),
    // What is deleted was inserted by the same chain: as dear as an update.
    ...Array.from(
      { length: share(writes.updates + writes.deletes, commit) },
      () => `\\set row random(1, 100000)\nUPDATE bench_limit.state SET body = repeat('y', 100) WHERE id = :row;`,
    ),
    'COMMIT;',
  ]);
  return `${transactions.flat().join('\n')}\n`;
}
