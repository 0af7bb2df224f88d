import type { Viewer } from '../../../platform/auth/viewer.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Hold } from '../domain/hold.js';
import type { Accounts, Holds } from './ports.js';
import { placed, requirePayeeSide } from './rights.js';

/** The hold that the viewer may capture or release. @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND */
export async function settleableHold(
  viewer: Viewer,
  holdId: string,
  { accounts, holds }: { readonly accounts: Accounts; readonly holds: Holds },
): Promise<Hold> {
  const hold = isId('hold', holdId) ? (await holds.byIds([holdId])).get(holdId) : undefined;
  if (hold === undefined) return requirePayeeSide(viewer, undefined, undefined, undefined);
  if (placed(viewer, hold)) return hold;
  const sides = await accounts.byIds([hold.debitId, hold.creditId]);
  return requirePayeeSide(viewer, hold, sides.get(hold.debitId), sides.get(hold.creditId));
}
