import type { Caller } from './ports.js';

/** What is left of the deadline for the answer itself. */
const ANSWER_MS = 500;

/** When an answer must be begun, in milliseconds since the epoch. */
export const answerBy = ({ deadlineAt }: Caller): number => deadlineAt - ANSWER_MS;

/** Waits for work until an instant; then gives `otherwise` while the work goes on. */
export async function inTime<Value>(work: Promise<Value>, untilMs: number, otherwise: Value): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const due = new Promise<Value>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), Math.max(untilMs - Date.now(), 0));
  });
  try {
    return await Promise.race([work, due]);
  } finally {
    clearTimeout(timer);
  }
}
