/** What the SDK throws of a bucket, as far as it is looked at: its class knows more, of requests that carry signatures too. */
interface Thrown {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

/** A bucket did not do what it was asked to. Its message, for the log, has no key, no signature and no text of the store's. */
export class S3Fault extends Error {
  override readonly name = 'S3Fault';

  /** @param code S3's code of the error, or the system's of the connection; @param status of the answer; null: there was none */
  constructor(
    readonly operation: string,
    readonly code: string,
    readonly status: number | null,
    requestId: string | null = null,
  ) {
    const answer = [status === null ? 'no answer' : `HTTP ${status}`, ...(requestId === null ? [] : [requestId])];
    super(`The object store did not do ${operation}: ${code} (${answer.join(', ')}).`);
  }
}

/** What went wrong with an operation. */
export function s3FaultOf(error: unknown, operation: string): S3Fault {
  if (error instanceof S3Fault) return error;
  const { name, code, $metadata } = (typeof error === 'object' && error !== null ? error : {}) as Thrown;
  const status = $metadata?.httpStatusCode ?? null;
  // An answer's error is known by its name, that of a connection by the system's code.
  const known = status === null && isWord(code) ? code : isWord(name) ? name : 'UnknownError';
  return new S3Fault(operation, known, status, isWord($metadata?.requestId) ? $metadata.requestId : null);
}

const isWord = (value: unknown): value is string => typeof value === 'string' && /^[\w.#:-]{1,100}$/.test(value);
