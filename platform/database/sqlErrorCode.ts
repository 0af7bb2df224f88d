/** Five capitals and digits with a digit among them (EPIPE is Node's), and not one of Prisma's own (P1000 and above). */
const sqlState = /^(?!P[1-9]\d{3}$)(?=.*\d)[0-9A-Z]{5}$/;

/**
 * Finds PostgreSQL's five-letter code (SQLSTATE) in what a query threw. `pg` puts it into `code`; Prisma's adapter wraps
 * it as `cause.originalCode` of an error that Prisma's client hands on under `meta.driverAdapterError` or throws bare,
 * and for its own model queries names conflicts P2034 instead.
 * @returns undefined for an error that did not come from PostgreSQL
 */
export function sqlErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, originalCode, meta, cause } = error as {
    code?: unknown;
    originalCode?: unknown;
    meta?: { driverAdapterError?: unknown };
    cause?: unknown;
  };
  if (typeof originalCode === 'string') return originalCode;
  const wrapped = sqlErrorCode(meta?.driverAdapterError) ?? sqlErrorCode(cause);
  if (wrapped !== undefined) return wrapped;
  if (code === 'P2034') return '40001';
  return typeof code === 'string' && sqlState.test(code) ? code : undefined;
}
