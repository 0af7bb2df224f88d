import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedDatabase } from '../platform/database/startEmbeddedDatabase.js';
import { alternate, median } from './harness.js';
import { startTollgate } from './startTollgate.js';

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/** A home that the database's own user can pass. */
async function withHome<Value>(work: (home: string) => Promise<Value>): Promise<Value> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  await chmod(folder, 0o755);
  try {
    return await work(join(folder, 'home'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The limit: initdb and the server's start alone, to its first connection. Seconds. */
const startDatabaseAlone = (): Promise<number> =>
  withHome(async (home) => {
    const began = performance.now();
    const database = await startEmbeddedDatabase({ home, services: [], log: quiet });
    const seconds = (performance.now() - began) / 1000;
    await database.stop();
    return seconds;
  });

/**
 * B10: the built program's first boot, to the first correct answer, against initdb and the database's start alone;
 * beside them a start on an existing home, and the memory of all processes once idle.
 */
export async function b10Start(print: (line: string) => void): Promise<void> {
  print('B10 start: first boot to the first correct answer, against initdb + server start alone');
  const pairs = await alternate(
    {
      name: 'first boot',
      subject: () => withHome(async (home) => (await startTollgate(home)).seconds),
      limit: startDatabaseAlone,
    },
    (round, subject, limit) => print(`  round ${round}: ${subject.toFixed(2)} s against ${limit.toFixed(2)} s`),
  );
  const subject = median(pairs.map((pair) => pair.subject));
  const limit = median(pairs.map((pair) => pair.limit));
  print(
    `  median ${subject.toFixed(2)} s, limit ${limit.toFixed(2)} s: ${(subject - limit).toFixed(2)} s above (goal: 3), ratio ${(subject / limit).toFixed(2)}`,
  );
  const again = await withHome(async (home) => {
    await startTollgate(home);
    return startTollgate(home, true);
  });
  print(
    `  on an existing home ${again.seconds.toFixed(2)} s; idle ${Math.round((again.bytes ?? 0) / 2 ** 20)} MiB in all (goal: 700)`,
  );
}
