import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { armFaults } from '../../platform/faultpoint.js';
import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { type HttpFixture, startHttpFixture } from './support/httpFixture.js';

let http: HttpFixture;
beforeAll(async () => {
  http = await startHttpFixture();
});
afterAll(() => http.close());
beforeEach(() => http.renew());

test.each(['afterRow', 'afterPin', 'beforeHold', 'afterHold', 'beforeReady', 'afterReady'])(
  'a submit that fails %s is completed by its repetition, with one hold',
  async (where) => {
    const key = randomUUID();
    const drive = newId('drive');
    const wish = { idempotencyKey: key, inputs: [{ driveId: drive, path: '/data.bin', as: 'data.bin' }] };
    armFaults(`compute.submitJob.${where}=throw`);
    const first = await http.harness.call(
      `mutation S($input: SubmitJobInput!) { submitJob(input: $input) { job { id } refusal { code } } }`,
      {
        input: {
          clusterId: wellKnown.clusterLocal,
          grantId: http.grantId,
          name: 'digest',
          command: ['sha256sum', 'data.bin'],
          resources: { cpusPerTask: 2, memory: '1000000', wallTimeSeconds: 1800 },
          ...wish,
        },
      },
      { token: http.token },
    );
    expect(first.errors.map(({ extensions }) => extensions.code)).toEqual(['INTERNAL']);
    const { submitJob } = await http.submit(wish);
    expect(submitJob.job).toMatchObject({ status: 'PENDING' });
    const keys = http.peers.requests
      .filter(({ field }) => field === 'placeHold')
      .map(({ input }) => input['idempotencyKey']);
    expect(new Set(keys).size).toBe(1);
    await http.as(
      http.token,
      `mutation X($input: CancelJobInput!) { cancelJob(input: $input) { job { status } refusal { code } } }`,
      {
        idempotencyKey: randomUUID(),
        jobId: submitJob.job?.['id'],
      },
    );
  },
);

test('a settlement that failed is done by the task, also after a restart', async () => {
  const { submitJob } = await http.submit({ inputs: null });
  let lease = await http.claim();
  // Jobs that other tests left waiting come first.
  while (lease.job.id !== submitJob.job?.['id']) lease = await http.claim();
  http.peers.down.add('captureHold');
  const startedAt = new Date(Date.now() - 10_000).toISOString();
  const final = await http.report(lease, { sequence: 1, status: 'FAILED', exitCode: 3, startedAt });
  expect(final['job']).toMatchObject({ status: 'CLAIMED', exitCode: null, cost: null });
  await http.harness.restart();
  http.peers.down.clear();
  await expect
    .poll(async () => (await http.seeJob(lease.job.id)).data?.job, { timeout: 30_000 })
    .toMatchObject({ status: 'FAILED', exitCode: 3 });
});
