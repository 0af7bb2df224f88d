import { isOperator, type Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import type { Money } from '../../../platform/kernel/money.js';
import { decidesFor } from '../../../platform/kernel/principal.js';
import type { Account } from '../domain/account.js';
import type { Budget } from '../domain/budget.js';
import { reveal } from './findAccount.js';
import type { Loaders } from './loaders.js';

/** What every member may use of a group's escrow where no other cap is set; null: all of it. @throws Fault NOT_FOUND */
export async function readDefaultCap(viewer: Viewer, account: Account, loaders: Loaders): Promise<Money | null> {
  const { id, unit } = reveal(viewer, account);
  const micros = await loaders.defaultCapOf.load(id);
  return micros === null ? null : { micros, unit };
}

/**
 * The caps of a group's members on an escrow, with what each has used: all of them for the group's ADMINs and operators; a
 * member sees the own. @throws Fault NOT_FOUND, BAD_USER_INPUT
 */
export async function listMemberCaps(
  viewer: Viewer,
  account: Account,
  args: PageArguments,
  loaders: Loaders,
): Promise<Connection<Budget>> {
  const { id, ownerId } = reveal(viewer, account);
  const page = parsePage(args, 1);
  const isMember = viewer.kind === 'person' && !isOperator(viewer) && ownerId !== null && !decidesFor(viewer, ownerId);
  const caps = await loaders.capsOf.load({ id, page, memberId: isMember ? viewer.userId : null });
  return toConnection(caps, page, (cap) => [cap.id]);
}
