/**
 * A session that runs SQL: every generated Prisma client, and every interactive transaction of one, is one by its shape,
 * so that platform code joins a service's transaction without knowing its tables. Values go in as $1, $2 ... only.
 */
export interface SqlSession {
  $queryRawUnsafe<T = unknown>(query: string, ...values: unknown[]): Promise<T>;
  $executeRawUnsafe(query: string, ...values: unknown[]): Promise<number>;
}
