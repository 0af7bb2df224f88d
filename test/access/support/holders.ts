import type { Person } from '../../../platform/auth/viewer.js';
import { newId } from '../../../platform/kernel/ids.js';
import type { Offer } from '../../../subgraphs/access/domain/offer.js';
import type { ExtendGrantInput } from '../../../subgraphs/access/usecases/beginExtension.js';
import { type AccessWorld, type Asking, ask, callOf, inDays, makeAsking } from './accessWorld.js';
import { makeOffer } from './reviewedOffers.js';

/** Somebody with a grant, as it is right after the request. */
export interface Holder extends Asking {
  readonly grantId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly paidMicros: bigint;
  /** All money there was then, wherever it stood. */
  readonly total: bigint;
}

/** One with a grant of what is asked for; 10 GiB for 30 days from now unless told. */
export async function makeHolder(world: AccessWorld, asking: Asking = makeAsking(world)): Promise<Holder> {
  const { grantId } = await ask(world, asking);
  const { startsAt, endsAt, paidMicros } = await grantOf(world, grantId);
  return { ...asking, grantId, startsAt, endsAt, paidMicros, total: world.fake.total() };
}

/** One with a drive of an offer of its own: 10 GiB for 30 days from tomorrow, 10 CREDIT to the millionth. */
export async function makeHolderOf(
  world: AccessWorld,
  over: Partial<Offer> = {},
): Promise<Holder & { readonly offer: Offer }> {
  const offer = await makeOffer(world, over);
  const asking = makeAsking(world);
  const input = { ...asking.input, startsAt: inDays(1), endsAt: inDays(31), offerId: offer.id };
  return { ...(await makeHolder(world, { ...asking, input })), offer };
}

/** A grant's row. */
export const grantOf = (world: AccessWorld, id: string) => world.prisma.grant.findUniqueOrThrow({ where: { id } });

/** Ends a grant as its holder, with a key of its own unless told. */
export const endBy = (world: AccessWorld, person: Person, grantId: string, over: object = {}) =>
  world.access.usecases.endGrant(callOf(person), { idempotencyKey: newId('audit'), grantId, ...over });

/** What to add to a grant, with a key of its own unless told. */
export const extensionOf = (grantId: string, over: Partial<ExtendGrantInput> = {}): ExtendGrantInput => ({
  idempotencyKey: newId('audit'),
  grantId,
  ...over,
});

/** Extends a grant as somebody. */
export const extendBy = (
  world: AccessWorld,
  person: Person,
  input: ExtendGrantInput,
  over: Parameters<typeof callOf>[1] = {},
) => world.access.usecases.extendGrant(callOf(person, over), input);

/** Lets leases lapse and does what is waiting, until no chain is left. */
export async function recover(world: AccessWorld, by = world.access): Promise<void> {
  for (let round = 0; round < 20 && (await world.prisma.sagaRun.count()) > 0; round += 1) {
    await world.lapse();
    await world.work(by);
  }
}

/** So many days after an instant. */
export const later = (instant: Date, days: number): Date => new Date(instant.getTime() + days * 86_400_000);
