import { join } from 'node:path';
import type { Logger } from '../../platform/server/log.js';
import type { ControllerConfig } from './config.js';
import type { ControllerFolders } from './folders.js';
import { pause } from './gateway/retry.js';
import type { Lease, LeaseReference, NodeState, Tollgate } from './gateway/tollgate.js';
import type { ChosenIsolation } from './isolation/chooseIsolation.js';
import type { CoreBook } from './job/coreBook.js';
import type { StopReason } from './job/endingOf.js';
import { referenceOf, runJob } from './job/runJob.js';
import { deliverLeftovers, openOutbox } from './outbox.js';
import type { Standing } from './standing.js';

/** A running controller. */
interface Controller {
  /** Ends all jobs (NODE_FAILED), tells Tollgate what it can in the time given, and ends. */
  stop(): Promise<void>;
}

const CANCELLED: StopReason = { status: 'CANCELLED', note: 'Stopped: it was cancelled.' };
const SHUT_DOWN: StopReason = { status: 'NODE_FAILED', note: 'Stopped: the controller is being shut down.' };
/** What the last reports get to be taken; later the next controller delivers them. */
const DELIVERY_GRACE_MS = 4_000;
const BEATS_PER_LEASE = 4;
const JOB_ID = /^job_[0-9a-z]{1,40}$/;

/** Claims jobs, runs them in its slots and keeps their leases, until it is stopped. */
export function startController(parts: {
  readonly config: ControllerConfig;
  readonly folders: ControllerFolders;
  readonly chosen: ChosenIsolation;
  readonly tollgate: Tollgate;
  readonly coreBook: CoreBook;
  readonly standing: Standing;
  readonly log: Logger;
}): Controller {
  const { config, folders, chosen, tollgate, coreBook, standing, log } = parts;
  const claiming = new AbortController();
  const delivering = new AbortController();
  const freeSlots = Array.from({ length: config.slots }, (_none, slot) => slot);
  /** Leases to keep: of jobs that run, and of those whose last lines and report are on their way. */
  const leases = new Map<string, LeaseReference>();
  const stops = new Map<string, AbortController>();
  const jobs = new Set<Promise<void>>();
  const { cores, memoryBytes, memoryBytesPerCore } = config;
  const node: NodeState = { isolated: chosen.isolates, cores, memoryBytes, memoryBytesPerCore };

  async function take(lease: Lease, slot: number): Promise<void> {
    const { id } = lease.job;
    const stop = new AbortController();
    stops.set(id, stop);
    leases.set(id, referenceOf(lease));
    try {
      const outbox = await openOutbox(folders.outbox, referenceOf(lease), tollgate, delivering.signal);
      await runJob({
        config,
        chosen,
        tollgate,
        outbox,
        slot,
        coreBook,
        folder: join(folders.scratch, id),
        lease,
        stop: stop.signal,
        log,
      });
      freeSlots.push(slot);
      stops.delete(id);
      await outbox.delivered;
    } finally {
      leases.delete(id);
    }
  }

  function begin(lease: Lease): void {
    const slot = freeSlots.shift();
    if (slot === undefined || !JOB_ID.test(lease.job.id)) return;
    const job = take(lease, slot).catch((error: unknown) => {
      log.error({ err: error, jobId: lease.job.id }, 'a job could not be seen to its end');
    });
    jobs.add(job);
    void job.then(() => jobs.delete(job));
  }

  async function claim(): Promise<void> {
    while (!claiming.signal.aborted) {
      if (freeSlots.length > 0) {
        const found = await tollgate.claimJobs(freeSlots.length, config.leaseSeconds).catch(() => []);
        // What was leased while the stop came runs out, and is given to the next controller.
        if (!claiming.signal.aborted) for (const lease of found) begin(lease);
      }
      await pause(config.pollMs, claiming.signal);
    }
  }

  async function beat(): Promise<void> {
    const cancelled = await tollgate.heartbeat(node, [...leases.values()]).then(
      async (jobs) => {
        await standing.reached();
        return jobs;
      },
      async (error: unknown) => {
        await standing.missed(error);
        return [];
      },
    );
    for (const jobId of cancelled) stops.get(jobId)?.abort(CANCELLED);
  }

  async function beatOn(): Promise<void> {
    const everyMs = Math.min((config.leaseSeconds * 1_000) / BEATS_PER_LEASE, config.pollMs * 5);
    while (!delivering.signal.aborted) {
      await pause(everyMs, delivering.signal);
      if (!delivering.signal.aborted) await beat();
    }
  }

  const loops = (async () => {
    // Tollgate hears first how jobs are isolated here, and what an earlier controller left.
    await beat();
    await deliverLeftovers(folders.outbox, tollgate, delivering.signal);
    await Promise.all([claim(), beatOn()]);
  })();

  return {
    async stop() {
      claiming.abort();
      for (const stop of stops.values()) stop.abort(SHUT_DOWN);
      const timer = setTimeout(() => delivering.abort(), config.killGraceMs + DELIVERY_GRACE_MS);
      await Promise.all(jobs);
      clearTimeout(timer);
      delivering.abort();
      await loops;
    },
  };
}
