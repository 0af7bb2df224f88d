import { S3Fault } from './s3Fault.js';
import { s3Limits } from './s3Limits.js';

/** Ends an operation during which the store keeps silent. What the client takes or sends slowly does not count. */
export interface SilenceWatch {
  readonly signal: AbortSignal;
  /** The store is waited for from now on. */
  waiting(): void;
  /** It is not: it did something, or the client is waited for. */
  resting(): void;
  /** Ends the operation in whatever state it is, and the watch. */
  end(): void;
  /** The error that ended it, where silence did. */
  readonly fault: S3Fault | null;
}

/** Begins to watch an operation. @param silenceMs how long the store may keep silent */
export function watchSilence(operation: string, silenceMs: number = s3Limits.silenceMs): SilenceWatch {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let fault: S3Fault | null = null;
  const resting = (): void => clearTimeout(timer);
  return {
    signal: controller.signal,
    waiting() {
      resting();
      timer = setTimeout(() => {
        fault = new S3Fault(operation, 'Silence', null);
        controller.abort();
      }, silenceMs);
    },
    resting,
    end() {
      resting();
      controller.abort();
    },
    get fault() {
      return fault;
    },
  };
}
