import { refuseServices, type Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput } from '../../../platform/kernel/faults.js';
import type { Account } from '../domain/account.js';
import { parseWindow } from '../domain/statement.js';
import { type Entry, entryOf } from '../domain/transfer.js';
import { reveal } from './findAccount.js';
import type { Loaders } from './loaders.js';

/** What was posted to an account in a window of recorded time, newest first. @throws Fault NOT_FOUND, BAD_USER_INPUT */
export async function listEntries(
  viewer: Viewer,
  account: Account,
  args: PageArguments & { readonly from?: Date | null; readonly to?: Date | null },
  loaders: Loaders,
): Promise<Connection<Entry>> {
  refuseServices(viewer);
  const { id } = reveal(viewer, account);
  const page = parsePage(args, 1);
  if (page.after !== null && !/^[0-9]{1,18}$/.test(page.after[0] ?? '')) {
    throw badUserInput('after is not a cursor of this list.');
  }
  const transfers = await loaders.transfersOf.load({ id, page, window: parseWindow(args) });
  const entries = transfers.map((transfer) => entryOf(transfer, id));
  return toConnection(entries, page, ({ transfer }) => [transfer.sequence.toString()]);
}
