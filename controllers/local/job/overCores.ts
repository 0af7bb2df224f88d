/** What the kernel's counting and the time between two looks may come to. */
const SLACK_SECONDS = 5;
const TOLERANCE = 1.1;

/**
 * Whether a job's processes computed for longer than its cores could: one that took itself off the cores it was given.
 * @param use core-seconds of all its processes, and how long it has run
 */
export const isOverCores = (
  use: { readonly coreSeconds: number; readonly elapsedSeconds: number },
  coresMax: number,
): boolean => use.coreSeconds > coresMax * use.elapsedSeconds * TOLERANCE + SLACK_SECONDS;
