import type { UsageRecordConnectionResolvers } from '../generated/resolvers.js';

/** A page of usage records. */
export const UsageRecordConnection = {
  totals: (page) => page.totals(),
} satisfies Partial<UsageRecordConnectionResolvers>;
