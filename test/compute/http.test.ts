import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { type HttpFixture, startHttpFixture } from './support/httpFixture.js';

let http: HttpFixture;
beforeAll(async () => {
  http = await startHttpFixture();
});
afterAll(() => http.close());
beforeEach(() => http.renew());

test('a job goes from submit to settlement, its money held and captured with exchanged tokens', async () => {
  const { submitJob } = await http.submit();
  expect(submitJob.refusal).toBeNull();
  expect(submitJob.job).toMatchObject({
    status: 'PENDING',
    command: ['sha256sum', 'data.bin'],
    cost: null,
    submittedBy: { id: http.holder },
    grant: { id: http.grantId },
    cluster: { id: wellKnown.clusterLocal, name: 'local', provider: { id: wellKnown.groupLocal } },
    resources: { nodes: 1, tasks: 1, cpusPerTask: 2, memory: '1000000', gpus: 0, wallTimeSeconds: 1800 },
  });
  const [pin, hold] = http.peers.requests;
  expect(pin).toMatchObject({ field: 'pinJobInput', input: { as: 'data.bin', path: '/data.bin' } });
  expect(decodeJwt(pin?.token ?? '')).toMatchObject({ aud: 'storage', scope: 'storage:read', act: { sub: 'compute' } });
  expect(hold).toMatchObject({ field: 'placeHold', input: { amount: { amount: '1', unit: 'CREDIT' } } });
  expect(decodeJwt(hold?.token ?? '')).toMatchObject({
    aud: 'accounting',
    scope: 'accounting:spend',
    sub: http.holder,
  });

  const lease = await http.claim();
  expect(lease).toMatchObject({
    script: null,
    isolationRequired: false,
    fencingToken: 1,
    inputs: [{ path: 'data.bin', url: 'http://storage.test/data.bin', sha256: 'ab'.repeat(32) }],
  });
  const startedAt = new Date();
  await http.report(lease, { sequence: 1, status: 'RUNNING', startedAt: startedAt.toISOString() });
  const { appendJobLog } = await http.as<{ appendJobLog: { refusal: unknown } }>(
    http.controller,
    `mutation L($input: AppendJobLogInput!) { appendJobLog(input: $input) { job { id } refusal { code } } }`,
    {
      clusterId: wellKnown.clusterLocal,
      jobId: lease.job.id,
      lease: lease.lease,
      fencingToken: lease.fencingToken,
      sequence: 1,
      lines: [{ at: startedAt.toISOString(), stream: 'STDOUT', text: 'abab  data.bin' }],
    },
  );
  expect(appendJobLog.refusal).toBeNull();
  const endedAt = new Date(startedAt.getTime() + 36_000).toISOString();
  const final = await http.report(lease, { sequence: 2, status: 'COMPLETED', exitCode: 0, endedAt, logSequence: 1 });
  expect(final['refusal']).toBeNull();
  // 2 cores for 36 s at 1 CREDIT per core-hour.
  expect(final['job']).toMatchObject({ status: 'COMPLETED', exitCode: 0, cost: { amount: '0.02', unit: 'CREDIT' } });
  const capture = http.peers.requests.find(({ field }) => field === 'captureHold');
  expect(capture).toMatchObject({
    token: null,
    input: { idempotencyKey: `${lease.job.id}:settle`, amount: { amount: '0.02', unit: 'CREDIT' }, final: true },
  });
  const seen = await http.seeJob(lease.job.id);
  expect(seen.data?.job).toMatchObject({
    status: 'COMPLETED',
    logs: { nodes: [{ stream: 'STDOUT', text: 'abab  data.bin' }] },
  });
  await expect.poll(() => http.peers.requests.some(({ field }) => field === 'unpinJobInputs')).toBe(true);
});

test('a person and a grant show their jobs to oneself and to operators alone', async () => {
  const { submitJob } = await http.submit();
  const id = String(submitJob.job?.['id']);
  const operatorId = newId('user');
  http.harness.identity.publish({ kind: 'USER', subject: operatorId, state: 'ACTIVE', data: { operator: true } });
  const operator = await http.harness.identity.issueToken({ subject: operatorId });
  const document = `query E($representations: [_Any!]!) { _entities(representations: $representations) {
    ... on User { jobs { nodes { id } } } ... on Grant { cluster { name } jobs { nodes { id } } } ... on Job { name }
    ... on Cluster { name } } }`;
  const representations = [
    { __typename: 'User', id: http.holder },
    { __typename: 'Grant', id: http.grantId },
    { __typename: 'Job', id },
    { __typename: 'Cluster', id: wellKnown.clusterLocal },
  ];
  const shown = [
    { jobs: { nodes: [{ id }] } },
    { cluster: { name: 'local' }, jobs: { nodes: [{ id }] } },
    { name: 'digest' },
    { name: 'local' },
  ];
  const own = await http.harness.call<{ _entities: unknown[] }>(document, { representations }, { token: http.token });
  expect(own.data?._entities).toEqual(shown);
  await expect
    .poll(
      async () =>
        (await http.harness.call<{ _entities: unknown[] }>(document, { representations }, { token: operator })).data,
    )
    .toEqual({ _entities: shown });
  const foreign = await http.harness.call<{ _entities: unknown[] }>(
    document,
    { representations },
    { token: http.stranger },
  );
  expect(foreign.data?._entities).toEqual([{ jobs: null }, { cluster: null, jobs: null }, null, { name: 'local' }]);
  expect(foreign.errors.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
});

test('another person’s job is answered like one that does not exist', async () => {
  const { submitJob } = await http.submit();
  for (const id of [
    submitJob.job?.['id'],
    newId('job'),
    newId('user'),
    '',
    "' or 1=1 --",
    'job_\u0000',
    'job_\ud800',
  ]) {
    const { data, errors } = await http.seeJob(id, http.stranger);
    expect(data).toEqual({ job: null });
    expect(errors.map(({ extensions, message }) => [extensions.code, message])).toEqual([
      ['NOT_FOUND', 'There is no such job.'],
    ]);
  }
  const { errors } = await http.harness.call('{ clusters { nodes { name } } }');
  expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
});

test('refusals come with their types and paths', async () => {
  const bad = await http.submit({ inputs: [{ driveId: newId('drive'), path: '/a', as: '../a' }] });
  expect(bad.submitJob.refusal).toMatchObject({
    __typename: 'InvalidInput',
    code: 'INVALID_INPUT',
    path: ['inputs', '0', 'as'],
  });
  expect((await http.submit({ image: 'x' })).submitJob.refusal).toMatchObject({ code: 'NOT_SUPPORTED' });
  expect((await http.submit({}, http.stranger)).submitJob.refusal).toMatchObject({
    __typename: 'Refused',
    code: 'GRANT_NOT_USABLE',
  });
  const account = { id: newId('account') };
  http.peers.refusals.set('placeHold', {
    __typename: 'InsufficientFunds',
    code: 'INSUFFICIENT_FUNDS',
    message: 'Not enough.',
    shortfall: { amount: '0.25', unit: 'CREDIT' },
    available: { amount: '0.75', unit: 'CREDIT' },
    account,
  });
  expect((await http.submit()).submitJob.refusal).toMatchObject({
    __typename: 'InsufficientFunds',
    shortfall: { amount: '0.25', unit: 'CREDIT' },
    account,
  });
});

test('clusters are listed, and one is found by its id', async () => {
  const { data } = await http.harness.call(
    `query C($id: ID!) { clusters { nodes { id name } edges { cursor } pageInfo { hasNextPage } } cluster(id: $id) { name } }`,
    { id: wellKnown.clusterLocal },
    { token: http.token },
  );
  expect(data).toMatchObject({ clusters: { nodes: [{ name: 'local' }] }, cluster: { name: 'local' } });
});

test.each(['drv_\u0000', 'clu_\u0000', 'clu_\ud800', newId('drive'), '', 'x'.repeat(10_000)])(
  'an id that cannot be one names nothing: %j',
  async (id) => {
    const operatorId = newId('user');
    http.harness.identity.publish({ kind: 'USER', subject: operatorId, state: 'ACTIVE', data: { operator: true } });
    const token = await http.harness.identity.issueToken({ subject: operatorId });
    const roots = `query R($id: ID!) { cluster(id: $id) { name } job(id: $id) { name } }`;
    const seen = await http.harness.call(roots, { id }, { token });
    expect(seen.data).toEqual({ cluster: null, job: null });
    const entities = `query E($of: [_Any!]!) { _entities(representations: $of) { ... on User { jobs { nodes { id } } }
      ... on Grant { cluster { name } jobs { nodes { id } } } ... on Job { name } ... on Cluster { name } } }`;
    const of = ['User', 'Grant', 'Job', 'Cluster'].map((__typename) => ({ __typename, id }));
    const shown = await http.harness.call(entities, { of }, { token });
    expect(shown.data).toEqual({ _entities: [{ jobs: null }, { cluster: null, jobs: null }, null, null] });
    const cancel = await http.harness.call(
      `mutation C($input: CancelJobInput!) { cancelJob(input: $input) { job { id } } }`,
      { input: { idempotencyKey: randomUUID(), jobId: id } },
      { token },
    );
    const codes = [seen, shown, cancel].flatMap(({ errors }) => errors.map(({ extensions }) => extensions.code));
    expect(new Set(codes)).toEqual(new Set(['NOT_FOUND']));
  },
);
