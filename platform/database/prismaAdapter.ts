import { PrismaPg } from '@prisma/adapter-pg';

/** Above the longest statement that serves a request, below what a client waits for. */
const statementTimeoutMs = 8_000;
/** Under a burst a statement waits its turn for a connection as long as its caller waits for an answer. */
const connectionTimeoutMs = 8_000;
/** A transaction whose process was paused must not hold its locks for ever. */
const idleInTransactionTimeoutMs = 15_000;

/** Texts of one service that get a name; each costs a connection some kilobytes. */
const namedStatementsMax = 200;

/** How a service's pool is made. */
export interface PrismaAdapterOptions {
  /** Connections at most: five services and their workers share the server's 100. */
  readonly poolSize: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
}

/** The driver adapter that a generated Prisma client is constructed with. */
export function prismaAdapter(url: string, options: PrismaAdapterOptions): PrismaPg {
  return new PrismaPg(
    {
      connectionString: url,
      max: options.poolSize,
      application_name: options.applicationName ?? 'tollgate',
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
      connectionTimeoutMillis: connectionTimeoutMs,
      keepAlive: true,
      // Short statements only: compiling one costs more than it saves, hundreds of milliseconds where scans are forbidden.
      options: '-c jit=off',
    },
    { statementNameGenerator: nameStatements() },
  );
}

/**
 * Names statements, so that each connection has the server parse a text once, and plan it once too where that is as good for any value. Texts beyond the bound, which lists
 * of every length would make, stay without a name and are parsed each time.
 */
function nameStatements(): (query: { readonly sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= namedStatementsMax) return '';
    const name = `s${names.size + 1}`;
    names.set(sql, name);
    return name;
  };
}
