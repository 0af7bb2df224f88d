import type { Viewer } from '../../../platform/auth/viewer.js';
import type { Statement } from '../domain/statement.js';
import { type Entry, entryOf } from '../domain/transfer.js';
import { getAccount } from './findAccount.js';
import type { Loaders } from './loaders.js';
import type { Journal } from './ports.js';
import { readStatement } from './readStatement.js';

/** A statement with all of its entries, oldest first, read page by page while they are written out. */
export interface StatementExport {
  readonly statement: Statement;
  readonly pages: AsyncIterable<readonly Entry[]>;
}

const ROWS_AT_ONCE = 1_000;

/**
 * A statement for a document. Its ends are fixed when it begins; what is posted meanwhile is not in it.
 * @throws Fault UNAUTHENTICATED, NOT_FOUND, BAD_USER_INPUT for a window that ends before it begins
 */
export const makeExportStatement =
  ({ journal }: { readonly journal: Journal }) =>
  async (
    viewer: Viewer,
    accountId: string,
    window: { readonly from: Date | null; readonly to: Date | null },
    loaders: Loaders,
  ): Promise<StatementExport> => {
    const account = await getAccount(viewer, accountId, loaders);
    const statement = await readStatement(viewer, account, window, loaders);
    return { statement, pages: pagesOf(journal, statement) };
  };

async function* pagesOf(journal: Journal, { accountId, span }: Statement): AsyncGenerator<readonly Entry[]> {
  for (let { after } = span; ; ) {
    const found = await journal.transfersWithin([accountId], { ...span, after }, ROWS_AT_ONCE);
    const transfers = found.get(accountId) ?? [];
    const last = transfers.at(-1);
    if (last === undefined) return;
    yield transfers.map((transfer) => entryOf(transfer, accountId));
    after = last.sequence;
  }
}
