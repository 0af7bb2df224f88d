import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput } from '../../../platform/kernel/faults.js';
import type { Statement } from '../domain/statement.js';
import { type Entry, entryOf } from '../domain/transfer.js';
import type { Loaders } from './loaders.js';

const POSITION = /^[0-9]{1,18}$/;

/**
 * A page of a statement's entries, oldest first. A cursor remembers where the statement ended when its first page was
 * read: pages that are asked for later belong to the same statement, also where it has no end of its own.
 * @throws Fault BAD_USER_INPUT
 */
export async function listStatementEntries(
  { accountId, span }: Statement,
  args: PageArguments,
  loaders: Loaders,
): Promise<Connection<Entry>> {
  const page = parsePage(args, 2);
  if (page.after?.some((value) => !POSITION.test(value))) throw badUserInput('after is not a cursor of this list.');
  const [after = null, through = null] = page.after ?? [];
  const wanted: Statement['span'] = {
    // A cursor of an earlier window must not reach before this one.
    after: after !== null && BigInt(after) > span.after ? BigInt(after) : span.after,
    through: through !== null && BigInt(through) < span.through ? BigInt(through) : span.through,
  };
  const transfers = await loaders.transfersWithin.load({ id: accountId, span: wanted, first: page.first });
  const entries = transfers.map((transfer) => entryOf(transfer, accountId));
  return toConnection(entries, page, ({ transfer }) => [transfer.sequence.toString(), wanted.through.toString()]);
}
