import type { ControllerConfig } from '../config.js';
import type { Lease } from '../gateway/tollgate.js';
import type { ProcessLimits } from '../isolation/isolation.js';

const OPEN_FILES_MAX = 1_024;
/** Above the wall time, which is what ends a job first. */
const CPU_SLACK_SECONDS = 10;

/** The cores that a job asked for. */
export const coresOf = ({ tasks, cpusPerTask }: Lease['job']['resources']): number => tasks * cpusPerTask;

/**
 * The limits of a job: of each process, and of memory in all. Without a wish it gets an equal share of the memory.
 * @param cores those that it was given
 */
export function programLimits(
  config: ControllerConfig,
  resources: Lease['job']['resources'],
  cores: readonly number[],
): { readonly limits: ProcessLimits; readonly memoryBytesMax: number } {
  const wished = resources.memory === null ? config.memoryBytes / config.slots : Number(resources.memory);
  const memoryBytesMax = Math.floor(Math.min(wished, config.memoryBytes));
  const limits = {
    filesMax: OPEN_FILES_MAX,
    fileBytesMax: config.scratchBytesMax,
    memoryBytesMax,
    cpuSecondsMax: coresOf(resources) * resources.wallTimeSeconds + CPU_SLACK_SECONDS,
    processesMax: config.processesMax,
    cores,
  };
  return { limits, memoryBytesMax };
}
