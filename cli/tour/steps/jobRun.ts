import { attempt, eventually, type Money, query, succeed } from '../graph.js';
import { expected, type Stage } from '../stage.js';
import type { Granted } from './accessRequested.js';
import { micros } from './balances.js';
import type { UploadedFile } from './fileUploaded.js';

interface JobView {
  readonly status: string;
  readonly exitCode: number | null;
  readonly reason: string | null;
  readonly cost: Money | null;
  readonly hold: { readonly status: string; readonly amount: Money; readonly captured: Money } | null;
  readonly logs: { readonly nodes: readonly { readonly text: string }[] };
}

const FINAL = ['COMPLETED', 'FAILED', 'CANCELLED', 'TIMED_OUT', 'NODE_FAILED'];
const JOB_SECONDS = 90;
const WALL_TIME_SECONDS = 60;
const JOB = `query Job($id: ID!) { job(id: $id) {
  status exitCode reason cost { amount unit } hold { status amount { amount unit } captured { amount unit } }
  logs(first: 100) { nodes { text } }
} }`;

/** A job runs sha256sum over the uploaded file; the highest price is held, the actual time charged. @returns the charge */
export async function jobRun(stage: Stage, grant: Granted, file: UploadedFile, token: string): Promise<bigint> {
  const { job } = await succeed<{ job: { id: string } }>(
    stage,
    'submitJob',
    {
      ...submission(stage, grant, 'checksum', ['sha256sum', 'sample.bin']),
      inputs: [{ driveId: file.driveId, path: file.path, as: 'sample.bin' }],
    },
    'job { id status }',
    token,
  );
  const view = await ended(stage, job.id, token);
  expected(
    view.status === 'COMPLETED',
    `The job ended ${view.status}, exit code ${view.exitCode}: ${view.reason ?? ''}`,
  );
  const lines = view.logs.nodes.map(({ text }) => text);
  expected(
    lines.some((line) => line.startsWith(file.sha256)),
    `The log does not have the file's SHA-256: ${lines.join(' | ')}`,
  );
  expected(view.cost !== null && view.hold !== null, 'The job ended without cost or hold.');
  const cost = micros(view.cost);
  expected(cost === micros(view.hold.captured), 'The job was charged something else than was captured.');
  expected(cost <= micros(view.hold.amount), 'The job cost more than was held for it.');
  stage.narrate(
    `A job ran sha256sum over the file and its log has the same digest. Held ${view.hold.amount.amount} CREDIT, charged ${view.cost.amount} for the time it took; the rest was released.`,
  );
  return cost;
}

/**
 * A job tries to read the operator's credentials; it must not get them. @param home TOLLGATE_HOME
 * @param secret what the file holds, which must not come out
 * @returns the charge for the attempt
 */
export async function operatorFileKept(
  stage: Stage,
  grant: Granted,
  home: string,
  secret: string,
  token: string,
): Promise<bigint> {
  const input = submission(stage, grant, 'nosy', ['cat', `${home}/operator.json`]);
  const { job, refusal } = await attempt<{ job: { id: string } | null }>(
    stage,
    'submitJob',
    input,
    'job { id }',
    token,
  );
  if (job === null) {
    expected(refusal?.code === 'NOT_ISOLATED', `The job was refused with ${refusal?.code}: ${refusal?.message}`);
    stage.narrate('This machine cannot isolate jobs, so a job of a stranger is refused: NOT_ISOLATED.');
    return 0n;
  }
  const view = await ended(stage, job.id, token);
  const log = view.logs.nodes.map(({ text }) => text).join('\n');
  expected(
    !log.includes(secret),
    'A job could read operator.json: this machine does not isolate jobs (see the line at start, and SECURITY.md).',
  );
  expected(view.status === 'FAILED', `The job that read operator.json ended ${view.status}, not FAILED.`);
  stage.narrate(`A job tried to read operator.json and could not: FAILED, exit code ${view.exitCode}.`);
  return view.cost === null ? 0n : micros(view.cost);
}

const submission = (stage: Stage, grant: Granted, name: string, command: readonly string[]) => ({
  idempotencyKey: `${stage.run}-job-${name}`,
  clusterId: grant.clusterId,
  grantId: grant.grantId,
  name,
  command,
  resources: { wallTimeSeconds: WALL_TIME_SECONDS },
});

function ended(stage: Stage, id: string, token: string): Promise<JobView> {
  return eventually(JOB_SECONDS, `The job ${id} did not end within ${JOB_SECONDS} s.`, async () => {
    const { job } = await query<{ job: JobView }>(stage, JOB, { id }, token);
    return FINAL.includes(job.status) ? job : null;
  });
}
