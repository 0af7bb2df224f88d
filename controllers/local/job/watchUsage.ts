import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Isolation, Written } from '../isolation/isolation.js';
import { listProcesses } from '../isolation/processes.js';
import { overCores } from './overCores.js';

const LOOK_MS = 400;
/** Every so many looks at the processes one at the disk. */
const DISK_LOOK_EVERY = 5;
const BLOCK_BYTES = 512;
/** A tree of more entries is too much by itself: each takes an inode. */
const ENTRIES_MAX = 200_000;

/** What a job may use in all. */
interface UsageLimits {
  readonly coresMax: number;
  readonly memoryBytesMax: number;
  readonly scratchBytesMax: number;
}

/**
 * Looks at what all processes of a job use together: the limits of single processes do not see their sum.
 * @param onExceeded is told once what was exceeded
 * @returns ends the watch
 */
export function watchUsage(
  job: { readonly isolation: Isolation; readonly slot: number; readonly leader: number; readonly folder: string },
  limits: UsageLimits,
  onExceeded: (reason: string) => void,
): () => void {
  let looks = 0;
  let over = false;
  const startedAt = performance.now();
  const isOverCores = overCores(limits.coresMax);
  const processesReason = async (): Promise<string | null> => {
    const { residentBytes, coreSeconds } = await usedTogether(job);
    const elapsedSeconds = (performance.now() - startedAt) / 1_000;
    if (residentBytes > limits.memoryBytesMax) return `It used more than its ${limits.memoryBytesMax} bytes of memory.`;
    return isOverCores({ coreSeconds, elapsedSeconds }) ? `It used more than its ${limits.coresMax} cores.` : null;
  };
  const look = async (): Promise<void> => {
    const reason = (await processesReason()) ?? (looks % DISK_LOOK_EVERY === 0 ? await diskReason(job, limits) : null);
    looks += 1;
    if (over) return;
    if (reason !== null) {
      over = true;
      onExceeded(reason);
      return;
    }
    timer = setTimeout(() => void look(), LOOK_MS);
  };
  let timer = setTimeout(() => void look(), LOOK_MS);
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

/** What all processes of the job have in memory, and what they computed. */
async function usedTogether({ isolation, slot, leader }: { isolation: Isolation; slot: number; leader: number }) {
  const own = new Set(await isolation.processes(slot, leader));
  const entries = (await listProcesses()).filter(({ pid }) => own.has(pid));
  const sum = (of: 'residentBytes' | 'coreSeconds') => entries.reduce((total, entry) => total + entry[of], 0);
  return { residentBytes: sum('residentBytes'), coreSeconds: sum('coreSeconds') };
}

async function diskReason(
  { isolation, slot, folder }: { isolation: Isolation; slot: number; folder: string },
  { scratchBytesMax }: UsageLimits,
): Promise<string | null> {
  const used = await treeSize(folder, await isolation.writtenElsewhere(slot));
  return used.bytes > scratchBytesMax || used.entries > ENTRIES_MAX
    ? `It wrote more than the ${scratchBytesMax} bytes that a job may.`
    : null;
}

/** Blocks on disk, so that sparse files count for what they take. What cannot be read is passed over. */
async function treeSize(path: string, before: Written): Promise<Written> {
  let sum = before;
  for (const name of await readdir(path).catch(() => [])) {
    if (sum.entries > ENTRIES_MAX) return sum;
    const below = join(path, name);
    const entry = await lstat(below).catch(() => null);
    if (entry === null) continue;
    sum = { bytes: sum.bytes + entry.blocks * BLOCK_BYTES, entries: sum.entries + 1 };
    if (entry.isDirectory()) sum = await treeSize(below, sum);
  }
  return sum;
}
