import type { FastifyInstance } from 'fastify';
import { addDocumentRoute, type ContextOf } from './addDocumentRoute.js';

/** GET /ledger/journal.ndjson: the journal for `tollgate verify-journal`, for operators. */
export function addJournalRoute(app: FastifyInstance, contextOf: ContextOf): void {
  addDocumentRoute(app, '/ledger/journal.ndjson', contextOf, async ({ viewer, usecases }) => ({
    fileName: 'journal.ndjson',
    contentType: 'application/x-ndjson; charset=utf-8',
    pieces: usecases.exportJournal(viewer),
  }));
}
