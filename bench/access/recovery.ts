import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { type AccessStand, startAccessStand } from './accessStand.js';

const CHAINS = 1_000;
/** Where they are when access dies: behind the first call, and before and behind each other. */
const POINTS = [
  'openEscrow.after',
  ...['provision', 'issuePrepayment', 'captureHold', 'activate'].flatMap((step) => [`${step}.before`, `${step}.after`]),
];
/** Requests that are begun side by side. */
const SIDE_BY_SIDE = 40;
const PATIENCE_MS = 120_000;
/** Those who ask are answered early, so that their connections are free for others. */
const ANSWER_MS = 1_000;

/**
 * 1,000 chains of requestAccess are interrupted by a SIGKILL of access, evenly at nine points, half drives and half cores.
 * Measured is the time from the start of its new process, its own start included, until none is under way any more; then
 * each must be ACTIVE or FAILED, its grant as it is, and nothing held.
 */
export async function recovery(print: (line: string) => void): Promise<void> {
  print(`Recovery: ${CHAINS} interrupted chains of requestAccess, each process of its own, two cores`);
  const each = Math.ceil(CHAINS / POINTS.length);
  const faults = POINTS.map((point) => `access.requestAccess.${point}=pause*${each}`).join(',');
  // The first process keeps its chains until it dies: nobody else takes up what is paused.
  const stand = await startAccessStand({ TOLLGATE_FAULTS: faults, ACCESS_LEASE_MS: '99000' });
  const database = new pg.Client({ connectionString: stand.urlOf('access') });
  await database.connect();
  try {
    const interruptedSeconds = await interrupt(stand, database);
    await stand.killAccess();
    const before = await countOpen(database);
    if (before !== CHAINS) throw new Error(`The run is void: ${before} chains were interrupted.`);
    const usedBefore = { ...(await stand.cpuSeconds()), access: 0 };
    const began = performance.now();
    const started = stand.startAccess().then(() => performance.now());
    const halfAt = await until(database, CHAINS / 2);
    const endAt = await until(database, 0);
    const readyAt = await started;
    const seconds = (at: number): string => ((at - began) / 1000).toFixed(1);
    print(`  begun in ${interruptedSeconds.toFixed(1)} s; access serves again after ${seconds(readyAt)} s`);
    print(`  half ended after ${seconds(halfAt)} s, all after ${seconds(endAt)} s (goal: 10 s)`);
    print(`  ${await outcome(stand, database)}; processor time ${cpuBetween(usedBefore, await stand.cpuSeconds())}`);
  } finally {
    await database.end();
    await stand.stop();
  }
}

/** What was used between two looks, by who used it. */
function cpuBetween(before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): string {
  const used = Object.entries(after).map(([name, seconds]) => ({ name, seconds: seconds - (before[name] ?? 0) }));
  const all = used.reduce((sum, { seconds }) => sum + seconds, 0);
  return `${all.toFixed(1)} s: ${used.map(({ name, seconds }) => `${name} ${seconds.toFixed(1)}`).join(', ')}`;
}

/** Begins the chains and waits until each is paused; what is answered meanwhile is of no interest. */
async function interrupt(stand: AccessStand, database: pg.Client): Promise<number> {
  const began = performance.now();
  const paused = (): number => stand.outputOfAccess().match(/^paused at /gm)?.length ?? 0;
  let begun = 0;
  while (paused() < CHAINS) {
    if (begun < CHAINS && begun - paused() < SIDE_BY_SIDE) {
      const kind = begun % 2 === 0 ? 'STORAGE' : 'COMPUTE';
      begun += 1;
      void stand.ask('access', kind, ANSWER_MS).catch(() => undefined);
    } else {
      await delay(5);
    }
    if (performance.now() - began > PATIENCE_MS) {
      throw new Error(`The run is void: ${paused()} of ${begun} are paused, ${await countOpen(database)} are open.`);
    }
  }
  return (performance.now() - began) / 1000;
}

async function countOpen(database: pg.Client): Promise<number> {
  const { rows } = await database.query<{ open: number }>('SELECT count(*)::int AS open FROM saga_run');
  return rows[0]?.open ?? 0;
}

/** When no more than so many are open. */
async function until(database: pg.Client, open: number): Promise<number> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while ((await countOpen(database)) > open) {
    if (performance.now() > giveUpAt) throw new Error('The run is void: chains do not come to their end.');
    await delay(50);
  }
  return performance.now();
}

/** What became of them. @throws Error where anything is between: a grant without its request, or money that is held */
async function outcome(stand: AccessStand, access: pg.Client): Promise<string> {
  const { rows } = await access.query<{ status: string; grants: number; requests: number }>(
    `SELECT r.status, count(g.id)::int AS grants, count(*)::int AS requests
     FROM access_request r LEFT JOIN access_grant g ON g.id = r.grant_id GROUP BY r.status ORDER BY r.status`,
  );
  const isEnded = rows.every(({ status, grants, requests }) =>
    status === 'ACTIVE' ? grants === requests : status === 'FAILED' && grants === 0,
  );
  const accounting = new pg.Client({ connectionString: stand.urlOf('accounting') });
  await accounting.connect();
  try {
    const { rows: escrows } = await accounting.query<{ held: number; open: number }>(
      `SELECT (SELECT count(*)::int FROM hold WHERE status = 'OPEN') AS held,
         (SELECT count(*)::int FROM escrow e JOIN account a ON a.id = e.account_id WHERE a.status = 'OPEN') AS open`,
    );
    const active = rows.find(({ status }) => status === 'ACTIVE')?.requests ?? 0;
    const isClean = escrows[0]?.held === 0 && escrows[0].open === active;
    if (!isEnded || !isClean) throw new Error(`The run is void: ${JSON.stringify({ rows, escrows })}`);
  } finally {
    await accounting.end();
  }
  return rows.map(({ status, requests }) => `${requests} ${status}`).join(', ');
}
