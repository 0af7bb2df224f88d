import { refuseServices, type Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import type { Account } from '../domain/account.js';
import type { Hold, HoldStatus } from '../domain/hold.js';
import { reveal } from './findAccount.js';
import type { Loaders } from './loaders.js';

/** The holds on an account, newest first. @throws Fault NOT_FOUND, BAD_USER_INPUT */
export async function listHolds(
  viewer: Viewer,
  account: Account,
  args: PageArguments & { readonly status?: HoldStatus | null | undefined },
  loaders: Loaders,
): Promise<Connection<Hold>> {
  refuseServices(viewer);
  const { id } = reveal(viewer, account);
  const page = parsePage(args, 1);
  const holds = await loaders.holdsOn.load({ id, page, status: args.status ?? null });
  return toConnection(holds, page, (hold) => [hold.id]);
}
