import { setTimeout as sleep } from 'node:timers/promises';
import { generate } from 'otplib';

/** An authenticator: gives codes of which none was given out before. */
export interface OneTimeCodes {
  /** The next unused code of a secret; waits, and says so, where the last one was too far ahead of the clock. */
  next(secret: string, narrate: (line: string) => void): Promise<string>;
}

const STEP_SECONDS = 30;
/** The server accepts the step before and the step after the present one. */
const STEPS_AHEAD_MAX = 1;

/** Codes by the machine's clock. Each step of 30 s is used once, the earliest that is left and still accepted. */
export function oneTimeCodes(nowMs: () => number = Date.now): OneTimeCodes {
  const used = new Map<string, number>();
  const presentStep = (): number => Math.floor(nowMs() / 1000 / STEP_SECONDS);
  return {
    async next(secret, narrate) {
      const step = Math.max(presentStep(), (used.get(secret) ?? 0) + 1);
      used.set(secret, step);
      const waitMs = (step - STEPS_AHEAD_MAX) * STEP_SECONDS * 1000 - nowMs();
      if (waitMs > 0) {
        narrate(`Each code works once: waiting ${Math.ceil(waitMs / 1000)} s for the next one.`);
        await sleep(waitMs);
      }
      return generate({ secret, epoch: step * STEP_SECONDS });
    },
  };
}
