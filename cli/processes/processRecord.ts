import { readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../platform/kernel/files.js';
import { makeRunFolder, ServiceStartError } from '../../platform/server/runDirectory.js';
import { startTimeOf } from '../../platform/server/startTimeOf.js';

const schema = z.object({
  pid: z.number().int(),
  /** Tells the process from a later one with the same id. */
  mark: z.string(),
  /** The machine since its last boot, and the space in which the id counts: a container has its own. */
  boot: z.string(),
  space: z.string(),
  startedAt: z.iso.datetime(),
  version: z.string(),
  runs: z.array(z.string()),
  configuration: z.string().nullable(),
  logFile: z.string().nullable(),
});

/** A process of `tollgate start`: what it runs, since when, and where it is configured and logs. */
export type ProcessRecord = z.infer<typeof schema>;

const NAME = /^process-\d+\.json$/;
const fileOf = (home: string, pid: number): string => join(home, 'run', `process-${pid}.json`);

/** Says that this process runs on a home. @returns takes it back */
export async function recordProcess(
  home: string,
  record: Omit<ProcessRecord, 'pid' | 'mark' | 'boot' | 'space'>,
): Promise<() => Promise<void>> {
  const { pid } = process;
  const file = fileOf(home, pid);
  await makeRunFolder(home);
  // Looking removes what killed processes left.
  await runningProcesses(home);
  await writeFileAtomically(
    file,
    JSON.stringify({ pid, mark: await startTimeOf(pid), ...(await here()), ...record }),
    0o600,
  );
  return () => rm(file, { force: true });
}

/** Where this process's id counts; the same everywhere on systems without /proc. */
async function here(): Promise<{ readonly boot: string; readonly space: string }> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return { boot: boot.trim(), space: await readlink('/proc/self/ns/pid').catch(() => '') };
}

/**
 * The processes that run on a home. The record of one that is gone is stale, and removed; that of one in another container
 * says nothing here, and is left to those that can see it.
 * @throws ServiceStartError where this user may not look: whose processes they are, and what to do
 */
export async function runningProcesses(home: string): Promise<readonly ProcessRecord[]> {
  const names = await namesIn(join(home, 'run'));
  const place = await here();
  const found: ProcessRecord[] = [];
  for (const name of names.filter((candidate) => NAME.test(candidate))) {
    const file = join(home, 'run', name);
    const record = await readRecord(file);
    if (record?.boot === place.boot && record.space !== place.space) continue;
    if (record?.boot === place.boot && (await isRunning(record))) found.push(record);
    // Another user's that is stale stays: this one may not remove it.
    else await rm(file, { force: true }).catch(() => undefined);
  }
  return found.sort((a, b) => a.startedAt.localeCompare(b.startedAt));
}

/** Whether a process is still the one that was recorded. */
export async function isRunning({ pid, mark }: ProcessRecord): Promise<boolean> {
  return mark !== '' && (await startTimeOf(pid)) === mark;
}

async function readRecord(file: string): Promise<ProcessRecord | null> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    await refuseHidden(file, error);
    return null;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    await refuseHidden(folder, error);
    return [];
  }
}

/** What may not be read is not absent: another user's processes may well run. */
async function refuseHidden(path: string, error: unknown): Promise<void> {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') {
    throw new ServiceStartError(
      `${path} cannot be read (${code}), so that what runs there cannot be told; run this as ${await ownerOf(path)}, or as root.`,
    );
  }
}

async function ownerOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  return found === null ? 'the user that Tollgate runs as' : `the user that it belongs to (${found.uid})`;
}
