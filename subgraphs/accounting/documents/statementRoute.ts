import type { FastifyInstance } from 'fastify';
import { csvOfClosing, csvOfEntries, csvOfOpening } from '../domain/statementCsv.js';
import type { StatementExport } from '../usecases/exportStatement.js';
import { addDocumentRoute, type ContextOf } from './addDocumentRoute.js';
import { timeOf } from './queryValues.js';

/** GET /accounts/{id}/statement.csv?from=&to=: Account.statement as CSV, for whoever sees the account. */
export function addStatementRoute(app: FastifyInstance, contextOf: ContextOf): void {
  addDocumentRoute(
    app,
    '/accounts/:accountId/statement.csv',
    contextOf,
    async ({ viewer, usecases, loaders }, request) => {
      const { accountId } = request.params as { readonly accountId: string };
      const { from, to } = request.query as Readonly<Record<string, unknown>>;
      const window = { from: timeOf('from', from), to: timeOf('to', to) };
      const exported = await usecases.exportStatement(viewer, accountId, window, loaders);
      return {
        // An id has no characters that could end the name.
        fileName: `${exported.statement.accountId}.csv`,
        contentType: 'text/csv; charset=utf-8; header=present',
        pieces: piecesOf(exported),
      };
    },
  );
}

async function* piecesOf({ statement, pages }: StatementExport): AsyncGenerator<string> {
  yield csvOfOpening(statement);
  for await (const entries of pages) yield csvOfEntries(statement, entries);
  yield csvOfClosing(statement);
}
