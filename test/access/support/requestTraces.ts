import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { type AccessWorld, inDays } from './accessWorld.js';

/** A drive of 10 GiB for a month. */
export const quoteWish = () => ({
  idempotencyKey: newId('audit'),
  offerId: wellKnown.offerStorage,
  quantity: '10',
  endsAt: inDays(30),
});

/** How many rows there are of what a request leaves. */
export const rowsOf = async ({ prisma }: AccessWorld) => ({
  requests: await prisma.accessRequest.count(),
  quotes: await prisma.quote.count(),
  grants: await prisma.grant.count(),
  runs: await prisma.sagaRun.count(),
  events: await prisma.accessRequestEvent.count(),
});

/** What the audit says that somebody did. */
export const auditBy = (world: AccessWorld, actor: string) =>
  world.asOwner<{ action: string; outcome: string; target: string | null }>(
    'SELECT action, outcome, target FROM platform.audit_entry WHERE actor = $1 ORDER BY id',
    [actor],
  );
