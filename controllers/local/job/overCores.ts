/** What a job's processes computed in all, and how long it has run. */
interface CoreUse {
  readonly coreSeconds: number;
  readonly elapsedSeconds: number;
}

/** What the kernel's counting and the time between two looks may come to. */
const SLACK_SECONDS = 5;
const TOLERANCE = 1.1;

/**
 * Judges, look by look, whether a job's processes computed for longer than its cores could: that one took itself off the cores
 * it was given. A look by itself proves nothing: processes are read one after the other, and the time of a child that ends in
 * between counts for it and for the parent that waited for it. The next look has it once.
 * @returns tells for each look whether it and the one before were over
 */
export function overCores(coresMax: number): (use: CoreUse) => boolean {
  let overBefore = false;
  return ({ coreSeconds, elapsedSeconds }) => {
    const over = coreSeconds > coresMax * elapsedSeconds * TOLERANCE + SLACK_SECONDS;
    const again = over && overBefore;
    overBefore = over;
    return again;
  };
}
