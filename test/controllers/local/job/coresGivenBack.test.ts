import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readControllerConfig } from '../../../../controllers/local/config.js';
import type { Lease, Tollgate } from '../../../../controllers/local/gateway/tollgate.js';
import type { Isolation } from '../../../../controllers/local/isolation/isolation.js';
import { none } from '../../../../controllers/local/isolation/none.js';
import { coreBook } from '../../../../controllers/local/job/coreBook.js';
import { runJob } from '../../../../controllers/local/job/runJob.js';
import { makeLogger } from '../../../../platform/server/log.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-cores-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const resources: Lease['job']['resources'] = { tasks: 1, cpusPerTask: 1, gpus: 0, memory: null, wallTimeSeconds: 60 };
const lease: Lease = {
  job: { id: 'job_1', command: ['true'], resources },
  script: null,
  isolationRequired: false,
  lease: 'lease',
  fencingToken: 1,
  inputs: [],
};
const tollgate: Tollgate = {
  claimJobs: async () => [],
  heartbeat: async () => [],
  appendJobLog: async () => 'TAKEN',
  reportJob: async () => 'TAKEN',
};

test.each<[string, Partial<Isolation>, string]>([
  ['that ends', {}, 'COMPLETED'],
  [
    'whose program cannot be started',
    {
      launch() {
        throw new Error('no process is left');
      },
    },
    'NODE_FAILED',
  ],
  ['after which cannot be cleaned up', { cleanUp: () => Promise.reject(new Error('broken')) }, 'NODE_FAILED'],
])('the cores of a job %s are given back', async (_what, changes, status) => {
  const book = coreBook([0, 1]);
  const addReport = vi.fn(async () => undefined);
  await runJob({
    config: readControllerConfig({ TOLLGATE_HOME: home }),
    chosen: { isolation: { ...none, ...changes }, isolates: false, line: '' },
    tollgate,
    outbox: { addLog: async () => undefined, addReport, delivered: Promise.resolve() },
    slot: 0,
    coreBook: book,
    folder: join(home, 'job_1'),
    lease,
    stop: new AbortController().signal,
    log: makeLogger('test', 'silent'),
  });
  expect(addReport).toHaveBeenCalledWith(expect.objectContaining({ status }));
  // The first of those that the fewest jobs have.
  expect(book.take(1).cores).toEqual([0]);
});
