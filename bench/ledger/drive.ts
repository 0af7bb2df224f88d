/** What a stream of calls came to. */
export interface Rate {
  readonly perSecond: number;
  /** Milliseconds within which half, and 99 of 100, of the calls were answered. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How calls are made. */
interface Drive {
  readonly callers: number;
  /** Calls that a caller makes side by side before it waits for all of them. */
  readonly groupSize: number;
  readonly seconds: number;
  readonly call: () => Promise<void>;
}

/** Calls again and again from several callers for some seconds. @throws what a call throws: the run is void then */
export async function drive({ callers, groupSize, seconds, call }: Drive): Promise<Rate> {
  const took: number[] = [];
  const began = performance.now();
  const until = began + seconds * 1000;
  const timed = async (): Promise<void> => {
    const from = performance.now();
    await call();
    took.push(performance.now() - from);
  };
  const caller = async (): Promise<void> => {
    while (performance.now() < until) await Promise.all(Array.from({ length: groupSize }, timed));
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const elapsed = (performance.now() - began) / 1000;
  took.sort((a, b) => a - b);
  const at = (share: number): number => took[Math.floor((took.length - 1) * share)] ?? Number.NaN;
  return { perSecond: took.length / elapsed, p50Ms: at(0.5), p99Ms: at(0.99) };
}
