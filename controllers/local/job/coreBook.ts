import { readFile } from 'node:fs/promises';

/** The cores of one job. */
export interface TakenCores {
  /** Their numbers, as the kernel counts them. */
  readonly cores: readonly number[];
  /** Lets others have them. */
  giveBack(): void;
}

/** Which cores the jobs of this machine run on. */
export interface CoreBook {
  /** Those that the fewest jobs have; fewer than asked for where the machine has no more. */
  take(count: number): TakenCores;
}

/** Keeps account of cores. @param usable the numbers of those that this process may use */
export function coreBook(usable: readonly number[]): CoreBook {
  const jobsOn = new Map(usable.map((core) => [core, 0]));
  const add = (cores: readonly number[], jobs: number): void => {
    for (const core of cores) jobsOn.set(core, (jobsOn.get(core) ?? 0) + jobs);
  };
  return {
    take(count) {
      const cores = [...jobsOn]
        .sort(([one, its], [other, others]) => its - others || one - other)
        .slice(0, count)
        .map(([core]) => core)
        .sort((one, other) => one - other);
      add(cores, 1);
      return { cores, giveBack: () => add(cores, -1) };
    },
  };
}

/** The cores that this process may use; none where the system does not tell. */
export async function usableCores(): Promise<readonly number[]> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  return parseCoreList(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '');
}

/** Reads the kernel's form of a list of cores: `0-3,8`. */
export const parseCoreList = (text: string): readonly number[] =>
  text
    .split(',')
    .filter((range) => range !== '')
    .flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_none, index) => first + index);
    });
