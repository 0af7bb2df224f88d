import { type FailureCode, failures } from './failures.js';

/** An expected refusal: one line that says the cause and never quotes a secret. */
export class AcctError extends Error {
  override readonly name = 'AcctError';
  readonly code: FailureCode;

  /** `options.cause` is for programs; it is never printed. */
  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** What the command exits with. */
  get exitCode(): number {
    return failures[this.code].exitCode;
  }
}

/** The error number of the operating system, or an empty text for anything else. */
export const systemCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
