import { formatMicros, type Money } from '../../../platform/kernel/money.js';
import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Context } from '../context.js';
import type { Grant as GrantRow } from '../domain/grant.js';
import type { GrantAccount } from '../domain/grantAccount.js';
import type { Resolvers } from '../generated/resolvers.js';
import { required } from './required.js';

type Amount = Exclude<keyof GrantAccount, 'runsOutAt'>;

/** One amount of a grant's account, in the grant's unit. */
const amountOf =
  (amount: Amount) =>
  async (grant: GrantRow, _args: object, context: Context): Promise<Money> => {
    const account = await context.usecases.findGrantAccount(context, context.loaders, grant);
    return { micros: account[amount], unit: grant.unit };
  };

export const Grant = {
  __resolveReference: ({ id }, { usecases, viewer, loaders }) => usecases.findGrant(viewer, loaders, id),
  status: (grant, _args, { usecases }) => usecases.grantStatus(grant),
  holder: ({ holderId }) => ({ id: holderId }),
  offer: ({ offerId }, _args, { loaders }) => required(loaders.offers.load(offerId)),
  quantity: ({ quantityMicros }) => formatMicros(quantityMicros),
  extending: ({ isExtending }) => isExtending,
  extension: (grant, _args, { usecases, viewer, loaders }) => usecases.findExtensionUnderWay(viewer, loaders, grant),
  escrow: ({ escrowAccountId }) => ({ id: escrowAccountId }),
  granted: ({ paidMicros, unit }) => ({ micros: paidMicros, unit }),
  consumed: amountOf('consumedMicros'),
  held: amountOf('heldMicros'),
  remaining: amountOf('remainingMicros'),
  refunded: amountOf('refundedMicros'),
  burnPerDay: amountOf('burnPerDayMicros'),
  projectedRunOut: async (grant, _args, context) =>
    (await context.usecases.findGrantAccount(context, context.loaders, grant)).runsOutAt,
} satisfies RequiredResolvers<Resolvers>['Grant'];
