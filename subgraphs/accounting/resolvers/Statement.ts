import type { StatementResolvers } from '../generated/resolvers.js';

/** A statement. Whoever was shown it sees its entries. */
export const Statement = {
  from: ({ window }) => window.from,
  to: ({ window }) => window.to,
  entries: (statement, page, { usecases, loaders }) => usecases.listStatementEntries(statement, page, loaders),
} satisfies Partial<StatementResolvers>;
