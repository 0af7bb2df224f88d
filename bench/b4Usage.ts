import { chmod, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, median } from './harness.js';
import { startUsageStand, type UsageStand } from './usageStand.js';

const RECORDS = 200_000;
const CHUNK = 2_000;

/** Seconds of the first pass and, of the subject alone, of the same again. */
interface Figure {
  readonly first: number;
  readonly again: number;
}

/**
 * B4: 200,000 usage records streamed over HTTP, judged, priced and charged, then the same again, against the server's own
 * COPY of the same rows into the same table with its keys. Each round has a cluster and rows of its own, so that both
 * tables grow alike. fsync is on; the run is void where a record counts twice or the journal has another sum.
 * @param records how many; 200,000 unless told
 */
export async function b4Usage(print: (line: string) => void, records: number = RECORDS): Promise<void> {
  print(`B4 usage: ${records} records streamed, priced and charged, then again, against COPY of the same rows`);
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  await chmod(folder, 0o755);
  // The server writes and reads the rows here, as its own user.
  await mkdir(join(folder, 'rows'));
  await chmod(join(folder, 'rows'), 0o777);
  const stand = await startUsageStand(folder);
  try {
    await stand.superuser.query('CREATE TABLE usage_copy (LIKE usage_record INCLUDING ALL)');
    let clusterId = '';
    const pairs = await alternate<Figure>(
      {
        name: 'usage',
        subject: async () => {
          clusterId = await stand.newCluster();
          return stream(stand, clusterId, await writeBody(join(folder, 'body.ndjson'), stand.payers, records), records);
        },
        limit: () => copy(stand, clusterId, join(folder, 'rows', 'rows.bin')),
      },
      (round, subject, limit) =>
        print(
          `  round ${round}: ${subject.first.toFixed(2)} s, again ${subject.again.toFixed(2)} s against ${limit.first.toFixed(2)} s`,
        ),
    );
    await stand.assertConserved();
    const first = median(pairs.map(({ subject }) => subject.first));
    const again = median(pairs.map(({ subject }) => subject.again));
    const limit = median(pairs.map((pair) => pair.limit.first));
    print(
      `  median ${Math.round(records / first)}/s, again ${Math.round(records / again)}/s, COPY ${Math.round(records / limit)}/s:` +
        ` ratios ${(limit / first).toFixed(2)} and ${(limit / again).toFixed(2)} (goal: 0.5 both); conserved, no double count`,
    );
  } finally {
    await stand.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeBody(file: string, payers: readonly string[], records: number): Promise<string> {
  const day = Date.now() - 86_400_000;
  const body = await open(file, 'w');
  for (let from = 0; from < records; from += CHUNK) {
    const lines = Array.from({ length: Math.min(CHUNK, records - from) }, (_, n) => lineOf(from + n, day, payers));
    await body.write(lines.join(''));
  }
  await body.close();
  return file;
}

/** A job of a few minutes, as a cluster's accounting has it. */
const lineOf = (number: number, day: number, payers: readonly string[]): string => {
  const start = day + number * 300;
  const seconds = 60 + (number % 540);
  return `${JSON.stringify({
    externalId: `slurm-${number}`,
    user: payers[number % payers.length],
    resource: 'standard',
    start: new Date(start).toISOString(),
    end: new Date(start + seconds * 1_000).toISOString(),
    cpuSeconds: String(seconds * (1 + (number % 64))),
    memoryByteSeconds: String(seconds * 4_294_967_296),
  })}\n`;
};

async function stream(stand: UsageStand, clusterId: string, file: string, records: number): Promise<Figure> {
  const pass = async (expected: object): Promise<number> => {
    const began = performance.now();
    const sums = await stand.upload(clusterId, file);
    const seconds = (performance.now() - began) / 1_000;
    const wrong = Object.entries(expected).some(([name, value]) => sums[name] !== value);
    if (wrong) throw new Error(`The run is void, the answer is wrong: ${JSON.stringify(sums)}`);
    return seconds;
  };
  const first = await pass({ done: true, recorded: records, replayed: 0 });
  const again = await pass({ done: true, recorded: 0, replayed: records });
  return { first, again };
}

async function copy({ superuser }: UsageStand, clusterId: string, file: string): Promise<Figure> {
  await superuser.query(
    `COPY (SELECT * FROM usage_record WHERE cluster_id = '${clusterId}') TO '${file}' (FORMAT binary)`,
  );
  const began = performance.now();
  await superuser.query(`COPY usage_copy FROM '${file}' (FORMAT binary)`);
  return { first: (performance.now() - began) / 1_000, again: 0 };
}
