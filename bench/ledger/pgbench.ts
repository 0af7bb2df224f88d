import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DEBIAN = '/usr/lib/postgresql';
const THREADS = 2;

/** How pgbench runs. */
interface PgbenchRun {
  readonly url: string;
  /** A script of pgbench's own language; nothing: its built-in TPC-B. */
  readonly script?: string;
  readonly clients: number;
  readonly seconds: number;
}

/**
 * Runs PostgreSQL's own benchmark.
 * @returns transactions per second
 * @throws an error where it is not installed or a transaction failed
 */
export async function pgbench({ url, script, clients, seconds }: PgbenchRun): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-pgbench-'));
  try {
    const file = join(folder, 'script.sql');
    await writeFile(file, script ?? '');
    const what = script === undefined ? [] : ['-f', file];
    const flags = ['-n', ...what, '-c', String(clients), '-j', String(THREADS), '-T', String(seconds), url];
    const { stdout } = await run(await findPgbench(), flags);
    const rate = /^tps = ([\d.]+)/m.exec(stdout)?.[1];
    if (rate === undefined || !/number of failed transactions: 0 /.test(stdout)) throw new Error(`pgbench: ${stdout}`);
    return Number(rate);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Makes the tables of its built-in TPC-B. @param scale 100,000 accounts each */
export async function preparePgbench(url: string, scale: number): Promise<void> {
  await run(await findPgbench(), ['-i', '-q', '-s', String(scale), url]);
}

/** Debian keeps it out of the PATH, by version. */
async function findPgbench(): Promise<string> {
  const versions = (await readdir(DEBIAN).catch(() => [])).map(Number).sort((a, b) => b - a);
  const [newest] = versions;
  if (newest === undefined) {
    throw new Error("This benchmark needs pgbench for its limit: apt-get install postgresql (Debian's package).");
  }
  return join(DEBIAN, String(newest), 'bin', 'pgbench');
}
