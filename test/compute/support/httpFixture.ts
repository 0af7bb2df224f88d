import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { armFaults } from '../../../platform/faultpoint.js';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { startCompute } from '../../../subgraphs/compute/main.js';
import { freshDatabase } from '../../support/database.js';
import { type Answer, type SubgraphHarness, startSubgraphHarness } from '../../support/subgraph.js';
import { type FakePeerServer, startFakePeerServer } from './fakePeerServer.js';

const JOB = `id name status command exitCode reason cost { amount unit } hold { id } submittedBy { id } grant { id }
  cluster { id name provider { id } lastSeenAt } resources { nodes tasks cpusPerTask memory gpus wallTimeSeconds }
  queuedAt startedAt endedAt logs(first: 5) { nodes { stream text at } pageInfo { hasNextPage endCursor } }`;
const REFUSAL = `refusal { __typename code message ... on InvalidInput { path }
  ... on InsufficientFunds { shortfall { amount unit } account { id } } }`;

type Fields = Record<string, unknown>;
interface Submitted {
  readonly submitJob: { readonly job: Fields | null; readonly refusal: Fields | null };
}
type Lease = Fields & { readonly job: { readonly id: string }; readonly lease: string; readonly fencingToken: number };

/** Compute over HTTP on a real database, with stand-ins for its peers, a person with a grant, and a controller. */
export interface HttpFixture {
  readonly harness: SubgraphHarness;
  readonly peers: FakePeerServer;
  readonly controller: string;
  readonly holder: string;
  readonly token: string;
  readonly stranger: string;
  readonly grantId: string;
  /** A fresh person with a fresh ACTIVE grant; the peers are as at the start. */
  renew(): Promise<void>;
  /** Runs an operation that gives no error. @param who a token, or `access` in its own name */
  as<Data>(who: string, document: string, input: object): Promise<Data>;
  submit(changes?: object, who?: string): Promise<Submitted>;
  claim(): Promise<Lease>;
  report(lease: Lease, update: object): Promise<Fields>;
  seeJob(id: unknown, who?: string): Promise<Answer<{ job: Fields | null }>>;
  close(): Promise<void>;
}

/** Starts one. */
export async function startHttpFixture(): Promise<HttpFixture> {
  const database = await freshDatabase('compute');
  const peers = await startFakePeerServer();
  const harness = await startSubgraphHarness({
    service: 'compute',
    database,
    start: (settings) => startCompute({ ...settings, service: 'compute' }),
    peers: { accounting: peers.url, storage: peers.url },
  });
  const controller = await harness.identity.issueToken({
    subject: wellKnown.serviceAccountLocalController,
    scopes: ['compute:control'],
    clusterIds: [wellKnown.clusterLocal],
  });
  let holder = '';
  let token = '';
  let stranger = '';
  let grantId = '';

  const as = async <Data>(who: string, document: string, input: object): Promise<Data> => {
    const options = who === 'access' ? ({ as: 'access' } as const) : { token: who };
    const { data, errors } = await harness.call<Data>(document, { input }, options);
    expect(errors).toEqual([]);
    if (data === null) throw new Error('no data');
    return data;
  };

  return {
    harness,
    peers,
    controller,
    get holder() {
      return holder;
    },
    get token() {
      return token;
    },
    get stranger() {
      return stranger;
    },
    get grantId() {
      return grantId;
    },
    as,
    async renew() {
      armFaults('');
      peers.requests.length = 0;
      peers.down.clear();
      peers.refusals.clear();
      holder = newId('user');
      token = await harness.identity.issueToken({ subject: holder });
      stranger = await harness.identity.issueToken({ subject: newId('user') });
      grantId = newId('grant');
      await as('access', PROVISION, allocationInput(grantId, holder));
      await as('access', ACTIVATE, { idempotencyKey: `${grantId}:activate`, grantId });
    },
    submit: (changes = {}, who = token) =>
      as(who, `mutation S($input: SubmitJobInput!) { submitJob(input: $input) { job { ${JOB} } ${REFUSAL} } }`, {
        idempotencyKey: randomUUID(),
        clusterId: wellKnown.clusterLocal,
        grantId,
        name: 'digest',
        command: ['sha256sum', 'data.bin'],
        resources: { cpusPerTask: 2, memory: '1000000', wallTimeSeconds: 1800 },
        inputs: [{ driveId: newId('drive'), path: '/data.bin', as: 'data.bin' }],
        ...changes,
      }),
    async claim() {
      const { claimJobs } = await as<{ claimJobs: { leases: Lease[] } }>(controller, CLAIM, {
        clusterId: wellKnown.clusterLocal,
        maximum: 1,
        leaseSeconds: 60,
      });
      const [lease] = claimJobs.leases;
      if (lease === undefined) throw new Error('nothing was leased');
      return lease;
    },
    async report({ job, lease, fencingToken }, update) {
      const { reportJobs } = await as<{ reportJobs: { results: Fields[] } }>(controller, REPORT, {
        clusterId: wellKnown.clusterLocal,
        updates: [{ jobId: job.id, lease, fencingToken, ...update }],
      });
      return reportJobs.results[0] ?? {};
    },
    seeJob: (id, who = token) => harness.call(`query J($id: ID!) { job(id: $id) { ${JOB} } }`, { id }, { token: who }),
    async close() {
      await harness.stop();
      await peers.stop();
      await database.drop();
    },
  };
}

const PROVISION = `mutation P($input: ProvisionAllocationInput!) {
  provisionAllocation(input: $input) { allocation { id status } refusal { code } } }`;
const ACTIVATE = `mutation A($input: ActivateAllocationInput!) {
  activateAllocation(input: $input) { allocation { status } refusal { code } } }`;
const CLAIM = `mutation C($input: ClaimJobsInput!) { claimJobs(input: $input) { leases { job { ${JOB} } script
  isolationRequired lease fencingToken expiresAt inputs { path url sha256 } } refusal { code } } }`;
const REPORT = `mutation R($input: ReportJobsInput!) {
  reportJobs(input: $input) { results { job { ${JOB} } ${REFUSAL} } ${REFUSAL} } }`;

const allocationInput = (grantId: string, holderId: string) => ({
  idempotencyKey: grantId,
  grantId,
  holderId,
  escrowId: newId('account'),
  payeeAccountId: newId('account'),
  clusterId: wellKnown.clusterLocal,
  unitPrice: { amount: '1', unit: 'CREDIT' },
  startsAt: new Date(Date.now() - 60_000).toISOString(),
  endsAt: new Date(Date.now() + 86_400_000).toISOString(),
});
