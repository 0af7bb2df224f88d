import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JobReport, Lease, LogLine } from '../../../controllers/local/gateway/tollgate.js';

/** Stands in for Tollgate at the gateway, for tests of the controller: what it is told is kept. */
export interface FakeTollgate {
  readonly url: string;
  /** Jobs to hand out. */
  readonly waiting: Lease[];
  readonly reports: Map<string, JobReport[]>;
  readonly logs: Map<string, Map<number, readonly LogLine[]>>;
  /** Jobs that the next heartbeats name as to be ended. */
  readonly cancel: Set<string>;
  readonly heartbeats: {
    isolated: boolean;
    cores: number;
    memory: string;
    memoryPerCore: string;
    leases: { jobId: string }[];
  }[];
  /** While true every request is cut off. */
  down: boolean;
  /** Goes down by itself when it has answered a job's first report. */
  downOnceRunning: boolean;
  /** How many requests were cut off. */
  cutOff: number;
  /** Files under /files/<name>. */
  readonly files: Map<string, Buffer>;
  /** How many tokens were issued. */
  tokens: number;
  /** How many calls with the present token are refused as UNAUTHENTICATED. */
  refuseTokens: number;
  /** Adds a job. */
  submit(changes: Partial<Lease['job']['resources']> & JobWish): string;
  /** The final report of a job. */
  final(id: string): Promise<JobReport>;
  /** The text of a job's log. */
  text(id: string): string;
  stop(): Promise<void>;
}

interface JobWish {
  readonly command?: readonly string[];
  readonly script?: string;
  readonly inputs?: Record<string, Buffer>;
  readonly isolationRequired?: boolean;
}

type Input = Record<string, never> & {
  jobId: string;
  sequence: number;
  lines: LogLine[];
  isolated: boolean;
  cores: number;
  memory: string;
  memoryPerCore: string;
  leases: { jobId: string }[];
  maximum: number;
  updates: (JobReport & { jobId: string })[];
};

/** Waits until something holds. */
export async function until<Value>(look: () => Value | undefined | false, seconds = 20): Promise<Value> {
  for (const end = Date.now() + seconds * 1_000; Date.now() < end; ) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  throw new Error('it did not come');
}

const FINAL = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'TIMED_OUT', 'NODE_FAILED']);
let jobs = 0;

/** Starts one on a free port. */
export async function startFakeTollgate(): Promise<FakeTollgate> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fake: FakeTollgate = {
    url,
    waiting: [],
    reports: new Map(),
    logs: new Map(),
    cancel: new Set(),
    heartbeats: [],
    down: false,
    downOnceRunning: false,
    cutOff: 0,
    files: new Map(),
    tokens: 0,
    refuseTokens: 0,
    submit({ command, script, inputs = {}, isolationRequired = false, ...resources }) {
      jobs += 1;
      const id = `job_${String(jobs).padStart(26, '0')}`;
      for (const [name, content] of Object.entries(inputs)) fake.files.set(`${id}-${name}`, content);
      fake.waiting.push({
        job: {
          id,
          command: command === undefined ? null : [...command],
          resources: { tasks: 1, cpusPerTask: 1, gpus: 0, memory: null, wallTimeSeconds: 60, ...resources },
        },
        script: script ?? null,
        isolationRequired,
        lease: 'lease',
        fencingToken: 1,
        inputs: Object.entries(inputs).map(([path, content]) => ({
          path,
          url: `${url}/files/${encodeURIComponent(`${id}-${path}`)}`,
          sha256: createHash('sha256').update(content).digest('hex'),
        })),
      });
      return id;
    },
    final: (id) => until(() => fake.reports.get(id)?.find(({ status }) => FINAL.has(status)), 40),
    text: (id) =>
      [...(fake.logs.get(id) ?? [])]
        .sort(([one], [other]) => one - other)
        .flatMap(([, lines]) => lines.map(({ text }) => text))
        .join('\n'),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (fake.down) {
      fake.cutOff += 1;
      return void request.socket.destroy();
    }
    const file = /^\/files\/(.+)$/.exec(request.url ?? '')?.[1];
    if (file !== undefined) return void response.end(fake.files.get(decodeURIComponent(file)));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { query, variables } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
      query: string;
      variables: { input: Input };
    };
    response.setHeader('content-type', 'application/json');
    if (fake.refuseTokens > 0 && !query.includes('issueServiceToken')) {
      fake.refuseTokens -= 1;
      response.statusCode = 401;
      response.end(JSON.stringify({ errors: [{ message: 'dead', extensions: { code: 'UNAUTHENTICATED' } }] }));
      return;
    }
    response.end(JSON.stringify({ data: act(query, variables.input) }));
  }

  function act(query: string, input: Input): unknown {
    if (query.includes('issueServiceToken')) {
      fake.tokens += 1;
      const expiresAt = new Date(Date.now() + 600_000).toISOString();
      return { issueServiceToken: { accessToken: `token-${fake.tokens}`, expiresAt, refusal: null } };
    }
    if (query.includes('claimJobs(')) {
      return { claimJobs: { leases: fake.waiting.splice(0, input.maximum), refusal: null } };
    }
    if (query.includes('heartbeat(')) {
      fake.heartbeats.push(input);
      const cancel = input.leases.map(({ jobId }) => jobId).filter((jobId) => fake.cancel.has(jobId));
      return { heartbeat: { cancel, refusal: null } };
    }
    if (query.includes('appendJobLog(')) {
      const calls = fake.logs.get(input.jobId) ?? new Map<number, readonly LogLine[]>();
      fake.logs.set(input.jobId, calls.set(input.sequence, input.lines));
      return { appendJobLog: { refusal: null } };
    }
    for (const { jobId, ...report } of input.updates) {
      fake.reports.set(jobId, [...(fake.reports.get(jobId) ?? []), report]);
      if (fake.downOnceRunning && report.status === 'RUNNING') fake.down = true;
    }
    return { reportJobs: { results: input.updates.map(() => ({ refusal: null })), refusal: null } };
  }
}
