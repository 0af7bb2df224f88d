import { readdir, readFile } from 'node:fs/promises';

/**
 * The proportional memory (PSS) of a process, all below it, and all whose command line names a home: the embedded
 * server and the controller live in process groups of their own. Linux alone.
 */
export async function residentBytesBelow(pid: number, home: string): Promise<number> {
  const processes = await Promise.all(
    (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map((name) => describe(Number(name))),
  );
  const known = processes.filter((entry) => entry !== null);
  const mine = new Set<number>([pid]);
  for (const entry of known) if (entry.commandLine.includes(home)) mine.add(entry.pid);
  for (let before = 0; before !== mine.size; ) {
    before = mine.size;
    for (const entry of known) if (mine.has(entry.parent)) mine.add(entry.pid);
  }
  return known.filter((entry) => mine.has(entry.pid)).reduce((sum, entry) => sum + entry.bytes, 0);
}

interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  readonly commandLine: string;
  readonly bytes: number;
}

/** A process that ends while it is looked at counts nothing. */
async function describe(pid: number): Promise<ProcessEntry | null> {
  try {
    const [status, commandLine, memory] = await Promise.all([
      readFile(`/proc/${pid}/status`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
      readFile(`/proc/${pid}/smaps_rollup`, 'utf8'),
    ]);
    const kibibytes = Number(/^Pss:\s+(\d+) kB/m.exec(memory)?.[1] ?? 0);
    return { pid, parent: Number(/^PPid:\s+(\d+)/m.exec(status)?.[1] ?? 0), commandLine, bytes: kibibytes * 1024 };
  } catch {
    return null;
  }
}
