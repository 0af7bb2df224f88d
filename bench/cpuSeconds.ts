import { readdir, readFile } from 'node:fs/promises';

/** Who used how many seconds of processor time. */
export interface CpuSeconds {
  /** The service's main thread. */
  readonly main: number;
  /** Its other threads: password hashes, and the runtime's own. */
  readonly threads: number;
  /** The database's processes. */
  readonly database: number;
  /** The client, which is the benchmark itself. */
  readonly client: number;
}

/**
 * Reads what a service, the embedded database below a home, and this process have used. Linux alone, which counts in
 * hundredths of a second.
 */
export async function cpuSecondsOf(pid: number, home: string): Promise<CpuSeconds> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const ofTasks = await Promise.all(tasks.map((tid) => secondsOf(`/proc/${pid}/task/${tid}/stat`)));
  const main = ofTasks[tasks.indexOf(String(pid))]?.own ?? 0;
  const { user, system } = process.cpuUsage();
  return {
    main,
    threads: ofTasks.reduce((sum, { own }) => sum + own, 0) - main,
    database: await ofDatabase(home),
    client: (user + system) / 1e6,
  };
}

/** The server's main process names the home; the others are its children. Those that ended are counted by it. */
async function ofDatabase(home: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const processes = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return {
        pid,
        isServer: line.includes('postgres') && line.includes(home),
        ...(await secondsOf(`/proc/${pid}/stat`)),
      };
    }),
  );
  const server = processes.find(({ isServer }) => isServer);
  const children = processes.filter(({ parent }) => parent === Number(server?.pid));
  return children.reduce((sum, { own }) => sum + own, (server?.own ?? 0) + (server?.ofChildren ?? 0));
}

/** A process or thread that ends while it is looked at counts nothing. */
async function secondsOf(file: string): Promise<{ parent: number; own: number; ofChildren: number }> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const [, parent = 0, ...fields] = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(9, 13);
  return { parent, own: (user + system) / 100, ofChildren: (childUser + childSystem) / 100 };
}
