import { randomUUID } from 'node:crypto';
import type { Person, Viewer } from '../../../platform/auth/viewer.js';
import { newId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { Job } from '../../../subgraphs/compute/domain/job.js';
import type { JobUpdate } from '../../../subgraphs/compute/domain/report.js';
import type { Trusted } from '../../../subgraphs/compute/domain/trusted.js';
import { type ComputeDatabase, connectDatabase } from '../../../subgraphs/compute/persistence/database.js';
import type { Call } from '../../../subgraphs/compute/usecases/call.js';
import type { JobLease } from '../../../subgraphs/compute/usecases/claimJobs.js';
import type { Dependencies } from '../../../subgraphs/compute/usecases/ports.js';
import type { SubmitJobInput } from '../../../subgraphs/compute/usecases/submitJob.js';
import { makeUseCases, type UseCases } from '../../../subgraphs/compute/usecases/useCases.js';
import { freshDatabase } from '../../support/database.js';
import { type FakePeers, fakePeers } from './fakePeers.js';

const CLUSTER = wellKnown.clusterLocal;
/** The trace of a task in tests. */
export const TRACE = { requestId: 'test', clientIp: '', userAgent: 'test' };

/** Compute's use cases on a real database, with stand-ins for its peers and a clock that a test can set. */
export interface Fixture {
  readonly usecases: UseCases;
  readonly deps: Dependencies;
  readonly database: ComputeDatabase;
  readonly peers: FakePeers;
  readonly holder: Person;
  readonly grantId: string;
  /** What went wrong, as the log was told. */
  readonly alarms: string[];
  now: Date;
  call(viewer?: Viewer): Call;
  /** As the cluster's controller. */
  controller(): Call;
  access(): Call;
  input(changes?: Partial<SubmitJobInput>): SubmitJobInput;
  submit(changes?: Partial<SubmitJobInput>): Promise<Job>;
  claimOne(): Promise<JobLease>;
  report(lease: JobLease, update: Partial<JobUpdate>): Promise<{ job: Job | null; refusal: Refusal | null }>;
  /** Submits, claims and reports RUNNING. */
  run(): Promise<JobLease>;
  job(id: string): Promise<Job>;
  /** A fresh ACTIVE allocation of the holder. @returns its grant */
  allocate(changes?: { startsAt?: Date; endsAt?: Date; activate?: boolean }): Promise<string>;
  close(): Promise<void>;
}

/** Makes a person. */
export const person = (changes: Partial<Person> = {}): Person => ({
  kind: 'person',
  userId: newId('user'),
  sessionId: newId('session'),
  tokenId: 'token',
  scopes: new Set(['compute:submit', 'accounting:spend', 'storage:read']),
  operator: false,
  roles: new Map(),
  actor: null,
  expiresAt: new Date(Date.now() + 600_000),
  ...changes,
});

/** The value of a result that must not be a refusal. */
export function value<Value>(result: Result<Value, Refusal>): Value {
  if (!result.ok) throw new Error(`refused: ${result.refusal.code} ${result.refusal.message}`);
  return result.value;
}

/** The code of a result that must be a refusal. */
export function code(result: Result<unknown, Refusal>): string {
  if (result.ok) throw new Error('it was not refused');
  return result.refusal.code;
}

/** Starts a fixture with one ACTIVE allocation: a core-hour costs 1 CREDIT, the window is a day around now. */
export async function startFixture(options: { trusted?: Trusted } = {}): Promise<Fixture> {
  const store = await freshDatabase('compute');
  const database = connectDatabase(store.appUrl);
  await database.clusters.ensure({ id: CLUSTER, name: 'local', providerGroupId: wellKnown.groupLocal });
  const peers = fakePeers();
  const alarms: string[] = [];
  const note = (_fields: object, message: string): void => void alarms.push(message);
  const deps: Dependencies = {
    database,
    identity: peers.identity,
    accounting: peers.accounting,
    storage: peers.storage,
    sealer: { seal: (text) => Buffer.from(text), open: (sealed) => sealed.toString() },
    clock: { now: () => fixture.now },
    newId,
    newLease: randomUUID,
    trusted: options.trusted ?? 'everybody',
    servingSince: new Date(0),
    log: { warn: note, error: note },
  };
  const usecases = makeUseCases(deps);
  const holder = person();
  let grantId = '';
  const call = (viewer: Viewer = holder): Call => ({
    viewer,
    token: 'token',
    requestId: 'test',
    clientIp: '192.0.2.1',
    userAgent: 'test',
    deadlineAt: fixture.now.getTime() + 8_000,
  });
  const fixture: Fixture = {
    usecases,
    deps,
    database,
    peers,
    holder,
    get grantId() {
      return grantId;
    },
    alarms,
    now: new Date(),
    call,
    controller: () =>
      call({
        kind: 'serviceAccount',
        serviceAccountId: wellKnown.serviceAccountLocalController,
        tokenId: 'token',
        scopes: new Set(['compute:control']),
        clusterIds: [CLUSTER],
        expiresAt: new Date(Date.now() + 600_000),
      }),
    access: () => call({ kind: 'service', service: 'access' }),
    input: (changes = {}) => ({
      idempotencyKey: randomUUID(),
      clusterId: CLUSTER,
      grantId,
      name: 'a job',
      command: ['/bin/true'],
      resources: { wallTimeSeconds: 3_600 },
      ...changes,
    }),
    submit: async (changes = {}) => value(await usecases.submitJob(call(), fixture.input(changes))),
    async claimOne() {
      const leases = value(
        await usecases.claimJobs(fixture.controller(), { clusterId: CLUSTER, maximum: 1, leaseSeconds: 60 }),
      );
      const [lease] = leases;
      if (lease === undefined) throw new Error('nothing to claim');
      return lease;
    },
    async report(lease, update) {
      const results = value(
        await usecases.reportJobs(fixture.controller(), {
          clusterId: CLUSTER,
          updates: [
            {
              jobId: lease.job.id,
              lease: lease.lease,
              fencingToken: lease.fencingToken,
              sequence: 1,
              status: 'RUNNING',
              exitCode: null,
              reason: null,
              startedAt: null,
              endedAt: null,
              logSequence: null,
              ...update,
            },
          ],
        }),
      );
      const [result] = results;
      if (result === undefined) throw new Error('no result');
      return result;
    },
    async run() {
      await fixture.submit();
      const lease = await fixture.claimOne();
      await fixture.report(lease, { sequence: 1, status: 'RUNNING', startedAt: fixture.now });
      return lease;
    },
    async job(id) {
      const [job] = await database.jobs.find([id]);
      if (job === undefined) throw new Error('no such job');
      return job;
    },
    async allocate({ startsAt, endsAt, activate = true } = {}) {
      const grant = newId('grant');
      value(
        await usecases.provisionAllocation(fixture.access(), {
          idempotencyKey: `${grant}:provision`,
          grantId: grant,
          holderId: holder.userId,
          escrowId: newId('account'),
          payeeAccountId: newId('account'),
          clusterId: CLUSTER,
          unitPrice: { amount: '1', unit: 'CREDIT' },
          startsAt: startsAt ?? new Date(fixture.now.getTime() - 3_600_000),
          endsAt: endsAt ?? new Date(fixture.now.getTime() + 86_400_000),
        }),
      );
      if (activate) {
        value(
          await usecases.activateAllocation(fixture.access(), { idempotencyKey: `${grant}:activate`, grantId: grant }),
        );
      }
      return grant;
    },
    async close() {
      await database.disconnect();
      await store.drop();
    },
  };
  grantId = await fixture.allocate();
  return fixture;
}
