import type { AccountResolvers } from '../generated/resolvers.js';

/** An account. To strangers, who meet it as the other side of what is theirs, only id and name are shown. */
export const Account = {
  __resolveReference: ({ id }, { usecases, viewer, loaders }) => usecases.findAccount(viewer, id, loaders),
  kind: (account, _arguments, { usecases, viewer }) => usecases.reveal(viewer, account).kind,
  unit: (account, _arguments, { usecases, viewer }) => usecases.reveal(viewer, account).unit,
  status: (account, _arguments, { usecases, viewer }) => usecases.reveal(viewer, account).status,
  owner: (account, _arguments, { usecases, viewer }) => {
    const { ownerId } = usecases.reveal(viewer, account);
    return ownerId === null ? null : { id: ownerId };
  },
  balance: (account, _arguments, { usecases, viewer, loaders }) => usecases.readBalance(viewer, account, loaders),
  balanceAt: (account, { at, basis }, { usecases, viewer, loaders }) =>
    usecases.readBalanceAt(viewer, account, { at, basis: basis ?? 'RECORDED' }, loaders),
  statement: (account, window, { usecases, viewer, loaders }) =>
    usecases.readStatement(viewer, account, window, loaders),
  entries: (account, page, { usecases, viewer, loaders }) => usecases.listEntries(viewer, account, page, loaders),
  memberCap: (account, _arguments, { usecases, viewer, loaders }) => usecases.readDefaultCap(viewer, account, loaders),
  memberCaps: (account, page, { usecases, viewer, loaders }) => usecases.listMemberCaps(viewer, account, page, loaders),
  budgets: (account, _arguments, { usecases, viewer, loaders }) => usecases.listBudgets(viewer, account, loaders),
  holds: (account, page, { usecases, viewer, loaders }) => usecases.listHolds(viewer, account, page, loaders),
} satisfies Partial<AccountResolvers>;
