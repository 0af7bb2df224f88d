import DataLoader from 'dataloader';
import type { AccountingPeer } from '../usecases/ports/peers.js';
import type { ChildPage, Loaders, Store } from '../usecases/ports.js';

/** The loaders of one request: one SQL statement for each kind of thing in each step of the query. */
export const makeLoaders = (
  { offers, quotes, requests, grants, extensions }: Store,
  accounting: Pick<AccountingPeer, 'findEscrows'>,
): Loaders => ({
  offers: byId((ids) => offers.byIds(ids)),
  quotes: byId((ids) => quotes.byIds(ids)),
  requests: byId((ids) => requests.byIds(ids)),
  grants: byId((ids) => grants.byIds(ids)),
  extensions: byId((ids) => extensions.byIds(ids)),
  extensionsOf: new DataLoader((ids: readonly string[]) => extensions.ofGrants(ids)),
  extensionReviews: new DataLoader((ids: readonly string[]) => extensions.reviews(ids)),
  offerVersions: byParent((wanted) => offers.versions(wanted)),
  escrows: new DataLoader(
    async (wanted) => {
      const [first] = wanted;
      return first === undefined
        ? []
        : accounting.findEscrows(
            wanted.map(({ id }) => id),
            first.caller,
          );
    },
    { cacheKeyFn: ({ id }) => id },
  ),
  reviews: new DataLoader((ids: readonly string[]) => requests.reviews(ids)),
  timelines: byParent((wanted) => requests.timelines(wanted)),
  grantsOf: byParent((wanted) => grants.ofHolders(wanted)),
});

function byId<Row extends { readonly id: string }>(
  find: (ids: readonly string[]) => Promise<readonly Row[]>,
): DataLoader<string, Row | null> {
  return new DataLoader(async (ids) => {
    const rows = new Map((await find(ids)).map((row) => [row.id, row]));
    return ids.map((id) => rows.get(id) ?? null);
  });
}

const byParent = <Row>(
  read: (wanted: readonly ChildPage[]) => Promise<readonly (readonly Row[])[]>,
): DataLoader<ChildPage, readonly Row[], string> =>
  new DataLoader(read, {
    cacheKeyFn: ({ parentId, page }) => JSON.stringify([parentId, page.first, page.after]),
  });
