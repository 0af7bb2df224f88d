import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Person } from '../../../platform/auth/viewer.js';
import { newId } from '../../../platform/kernel/ids.js';
import type { AccessRequest } from '../../../subgraphs/access/domain/accessRequest.js';
import { type AccessWorld, ask, callOf, credits, makeAccessWorld } from './accessWorld.js';
import { askingFor, makeReviewedOffer } from './reviewedOffers.js';

type Asked = Pick<AccessRequest, 'id'>;

/** Starts access for the tests of a file about requests that people decide on; its clock is right again after each. */
export function reviewWorld() {
  let world: AccessWorld;
  beforeAll(async () => {
    world = await makeAccessWorld();
  });
  afterEach(() => world.clock.set(null));
  afterAll(() => world.stop());

  /** What the payer can still spend. */
  const available = ({ accountId }: { readonly accountId: string }) => world.fake.available.get(accountId);
  return {
    get world() {
      return world;
    },
    available,
    approve: (by: Person, { id }: Asked, over: object = {}) =>
      world.access.usecases.approveAccessRequest(callOf(by), {
        idempotencyKey: newId('audit'),
        accessRequestId: id,
        ...over,
      }),
    deny: (by: Person, { id }: Asked, reason = 'No room this year.') =>
      world.access.usecases.denyAccessRequest(callOf(by), { accessRequestId: id, reason }),
    withdraw: (by: Person, { id }: Asked) =>
      world.access.usecases.withdrawAccessRequest(callOf(by), { accessRequestId: id }),
    revise: (by: Person, { id }: Asked, over: object) =>
      world.access.usecases.reviseAccessRequest(callOf(by), { accessRequestId: id, ...over }),
    /** A request that waits for one of two provider's ADMINs, over 10 CREDIT. */
    async waiting(terms: object = {}, wish: object = {}) {
      const made = await makeReviewedOffer(world, terms);
      const asking = askingFor(world, made.offer, wish);
      return { ...made, ...asking, request: await ask(world, asking) };
    },
    /** Why a chain ended, as the audit says. */
    endOf: async ({ id }: Asked) =>
      (
        await world.asOwner<{ outcome: string }>(
          `SELECT outcome FROM platform.audit_entry WHERE action = 'requestAccess.end' AND target = $1`,
          [id],
        )
      ).map(({ outcome }) => outcome),
    /** Nothing is left of a request: no money, no resource, no run. */
    async expectUndone({ request, accountId }: { readonly request: AccessRequest; readonly accountId: string }) {
      expect(available({ accountId })).toBe(credits(100));
      expect(world.fake.isClean(request.grantId)).toBe(true);
      expect(await world.prisma.sagaRun.count({ where: { id: request.id } })).toBe(0);
      expect(await world.prisma.grant.count({ where: { id: request.grantId } })).toBe(0);
    },
  };
}
