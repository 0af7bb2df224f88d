/** Files at the same time: small ones wait for the disk, not for the processor. */
const WIDTH = 8;

/** Does a work for each item, some at once; the first that fails ends it, when those under way are done. */
export async function eachAtOnce<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  const rest = items[Symbol.iterator]();
  let hasFailed = false;
  const lane = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true && !hasFailed; next = rest.next()) {
      await work(next.value).catch((error: unknown) => {
        hasFailed = true;
        throw error;
      });
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: WIDTH }, lane));
  for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason;
}
