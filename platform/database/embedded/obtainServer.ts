import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseLog } from '../databaseLog.js';
import { DatabaseStartError } from '../databaseStartError.js';
import { dataFolder } from './cluster.js';
import { freePort } from './freePort.js';
import { becomeKeeper, type Keeper } from './keeper.js';
import { type LaunchOptions, lastComplaint, launchServer, logBytes, serverProgram } from './launch.js';
import { findPostmaster, isAlive, type Postmaster, stopPostmaster } from './postmaster.js';
import { superuserUrl } from './urls.js';

const pollMs = 15;
/** Recovery after a crash replays up to a gigabyte of log before the server answers. */
const readyMsMax = 60_000;
/** A server that is there already either answers or recovers; one that does neither for so long hangs. */
const orphanReadyMsMax = 15_000;
/** Another program may take the port between the look and the start, or another start may be ahead. */
const attemptsMax = 3;

/** All that is needed to start this home's server again at any time. */
export interface ServerRecipe extends Omit<LaunchOptions, 'port'> {
  readonly superuserPassword: string;
  readonly log: DatabaseLog;
}

/** A server that this process keeps. */
export interface KeptServer {
  readonly pid: number;
  readonly port: number;
  readonly keeper: Keeper;
}

/**
 * Takes over the server that runs in the home, or starts one.
 * @param wanted.port the port to use if it is free, null for any; with `exactly`, no other one
 * @param wanted.stopping ends the waiting, and the server
 * @throws DatabaseStartError when another process keeps the server, or it does not start; the signal's reason
 */
export async function obtainServer(
  recipe: ServerRecipe,
  wanted: { readonly port: number | null; readonly exactly?: boolean; readonly stopping?: AbortSignal | undefined },
): Promise<KeptServer> {
  const logged = await logBytes(recipe.home);
  for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
    wanted.stopping?.throwIfAborted();
    const running = await findPostmaster(recipe.home);
    const server =
      running === undefined
        ? await startServer(recipe, wanted.exactly ? (wanted.port ?? 0) : await freePort(wanted.port), wanted.stopping)
        : await adoptServer(recipe, running, wanted.stopping);
    if (server !== undefined) return server;
  }
  throw new DatabaseStartError(
    `PostgreSQL did not start in ${recipe.home} (${await lastComplaint(recipe.home, logged)}); ` +
      'clear the cause, which run/postgres.log tells in full, and start again.',
  );
}

/** @returns undefined when the server ended instead of answering */
async function startServer(
  recipe: ServerRecipe,
  port: number,
  stopping: AbortSignal | undefined,
): Promise<KeptServer | undefined> {
  const child = await launchServer({ ...recipe, port });
  const keeper = await keepWhenReady(recipe, {
    port,
    timeoutMs: readyMsMax,
    stopping,
    hasEnded: async () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null,
  });
  if (keeper !== undefined && child.pid !== undefined) return { pid: child.pid, port, keeper };
  await endChild(child);
  return undefined;
}

/**
 * An orphan of a killed Tollgate is kept as it is when it runs from the same programs and answers, so that services in
 * other processes notice nothing; otherwise it is stopped.
 * @returns undefined when it was stopped, or went away
 */
async function adoptServer(
  recipe: ServerRecipe,
  running: Postmaster,
  stopping: AbortSignal | undefined,
): Promise<KeptServer | undefined> {
  const { pid, port } = running;
  const isSame = running.command.startsWith(serverProgram(recipe.native));
  const keeper = await keepWhenReady(recipe, {
    port,
    timeoutMs: orphanReadyMsMax,
    stopping,
    hasEnded: async () => (await findPostmaster(recipe.home))?.pid !== pid,
  });
  if (keeper !== undefined && isSame) {
    recipe.log.info(`took over the PostgreSQL server (process ${pid}) that an earlier run left`);
    return { pid, port, keeper };
  }
  recipe.log.warn(`stopping the PostgreSQL server (process ${pid}) that an earlier run left`);
  await stopPostmaster(pid);
  await keeper?.release().catch(() => undefined);
  return undefined;
}

/** Asks until the server lets us in. @throws DatabaseStartError when another process keeps it */
async function keepWhenReady(
  recipe: ServerRecipe,
  options: {
    readonly port: number;
    readonly timeoutMs: number;
    readonly stopping: AbortSignal | undefined;
    readonly hasEnded: () => Promise<boolean>;
  },
): Promise<Keeper | undefined> {
  const url = superuserUrl(recipe.superuserPassword, options.port);
  const deadline = Date.now() + options.timeoutMs;
  while (Date.now() < deadline) {
    const outcome = await becomeKeeper({ url, dataFolder: dataFolder(recipe.home) });
    if (outcome.kind === 'KEPT') return outcome.keeper;
    // The lock of a keeper that was killed a moment ago is released as soon as the server sees its connection closed.
    if (outcome.kind === 'TAKEN' && (await isAlive(outcome.pid))) throw takenError(recipe.home, outcome.pid);
    if (options.stopping?.aborted === true || (await options.hasEnded())) return undefined;
    await sleep(pollMs);
  }
  return undefined;
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) await stopPostmaster(child.pid);
}

function takenError(home: string, pid: number): DatabaseStartError {
  return new DatabaseStartError(
    `Another Tollgate (process ${pid}) already runs the database in ${home}; stop it or choose another TOLLGATE_HOME.`,
  );
}
