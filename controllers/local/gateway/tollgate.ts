import { z } from 'zod';
import type { Logger } from '../../../platform/server/log.js';
import type { GatewayClient } from './gatewayClient.js';

const refusal = z.object({ code: z.string(), message: z.string() }).nullable();

const leaseSchema = z.object({
  job: z.object({
    id: z.string(),
    command: z.array(z.string()).nullable(),
    resources: z.object({
      tasks: z.number(),
      cpusPerTask: z.number(),
      gpus: z.number(),
      memory: z.string().nullable(),
      wallTimeSeconds: z.number(),
    }),
  }),
  script: z.string().nullable(),
  isolationRequired: z.boolean(),
  lease: z.string(),
  fencingToken: z.number(),
  inputs: z.array(z.object({ path: z.string(), url: z.string(), sha256: z.string() })),
});

/** A job to run, and the right to it. */
export type Lease = z.infer<typeof leaseSchema>;

/** A lease as it is named in calls. */
export interface LeaseReference {
  readonly jobId: string;
  readonly lease: string;
  readonly fencingToken: number;
}

/** A line of a log. */
export interface LogLine {
  readonly at: string;
  readonly stream: 'STDOUT' | 'STDERR' | 'SYSTEM';
  readonly text: string;
}

/** How a job goes. */
export interface JobReport {
  readonly sequence: number;
  readonly status: 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT' | 'NODE_FAILED';
  readonly exitCode?: number;
  readonly reason?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly logSequence?: number;
}

/** What became of a call that names a lease: taken, or the job is not ours any more. */
export type Taken = 'TAKEN' | 'LOST';

/** The part of Tollgate that a controller uses. All throw GatewayError where Tollgate does not answer. */
export interface Tollgate {
  claimJobs(maximum: number, leaseSeconds: number): Promise<readonly Lease[]>;
  /** @returns the jobs to end */
  heartbeat(node: NodeState, leases: readonly LeaseReference[]): Promise<readonly string[]>;
  appendJobLog(lease: LeaseReference, sequence: number, lines: readonly LogLine[]): Promise<Taken>;
  reportJob(lease: LeaseReference, report: JobReport): Promise<Taken>;
}

/** What a controller tells of its machine. */
export interface NodeState {
  readonly isolated: boolean;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Bytes of memory that a core comes with under a grant of memory. */
  readonly memoryBytesPerCore: number;
}

const CLAIM = `mutation ClaimJobs($input: ClaimJobsInput!) { claimJobs(input: $input) {
  leases { job { id command resources { tasks cpusPerTask gpus memory wallTimeSeconds } } script isolationRequired lease
    fencingToken inputs { path url sha256 } }
  refusal { code message } } }`;
const HEARTBEAT = `mutation Heartbeat($input: HeartbeatInput!) {
  heartbeat(input: $input) { cancel refusal { code message } } }`;
const APPEND = `mutation AppendJobLog($input: AppendJobLogInput!) {
  appendJobLog(input: $input) { refusal { code message } } }`;
const REPORT = `mutation ReportJobs($input: ReportJobsInput!) {
  reportJobs(input: $input) { results { refusal { code message } } refusal { code message } } }`;

const LOST = new Set(['LEASE_LOST', 'JOB_ENDED', 'INVALID_INPUT']);

/** Tollgate over the gateway, for one cluster. @param clusterId asked for at each call: it is read from a file */
export function tollgate(client: GatewayClient, clusterId: () => Promise<string>, log: Logger): Tollgate {
  const call = async <Value>(document: string, input: object, payload: z.ZodType<Value>): Promise<Value> =>
    payload.parse(await client.call(document, { input: { clusterId: await clusterId(), ...input } }));

  return {
    async claimJobs(maximum, leaseSeconds) {
      const schema = z.object({ claimJobs: z.object({ leases: z.array(leaseSchema).nullable(), refusal }) });
      const { claimJobs } = await call(CLAIM, { maximum, leaseSeconds }, schema);
      return claimJobs.leases ?? [];
    },
    async heartbeat({ isolated, cores, memoryBytes, memoryBytesPerCore }, leases) {
      const schema = z.object({ heartbeat: z.object({ cancel: z.array(z.string()).nullable(), refusal }) });
      // Programs are not given devices here, so that there are no GPUs to count. What is not told stays as it was, so all is told.
      const bytes = { memory: String(memoryBytes), memoryPerCore: String(memoryBytesPerCore) };
      const input = { isolated, cores, gpus: 0, ...bytes, leases };
      const { heartbeat } = await call(HEARTBEAT, input, schema);
      return heartbeat.cancel ?? [];
    },
    async appendJobLog(lease, sequence, lines) {
      const schema = z.object({ appendJobLog: z.object({ refusal }) });
      const { appendJobLog } = await call(APPEND, { ...lease, sequence, lines }, schema);
      return takenOrLost(appendJobLog.refusal, log);
    },
    async reportJob(lease, report) {
      const schema = z.object({
        reportJobs: z.object({ results: z.array(z.object({ refusal })).nullable(), refusal }),
      });
      const { reportJobs } = await call(REPORT, { updates: [{ ...lease, ...report }] }, schema);
      return takenOrLost(reportJobs.refusal ?? reportJobs.results?.[0]?.refusal ?? null, log);
    },
  };
}

/** Every refusal is final: repeating the same call would be refused again. */
function takenOrLost(answer: z.infer<typeof refusal>, log: Logger): Taken {
  if (answer === null) return 'TAKEN';
  if (!LOST.has(answer.code)) log.error({ refusal: answer }, 'Tollgate refuses what a job has to tell');
  return 'LOST';
}
