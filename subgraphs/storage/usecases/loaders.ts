import DataLoader from 'dataloader';
import type { Clock } from '../../../platform/kernel/clock.js';
import type { PageRequest } from '../../../platform/kernel/cursor.js';
import type { Drive, DriveUsage } from '../domain/drive.js';
import type { StoredFile } from '../domain/file.js';
import type { Records } from './ports.js';

/** A page of somebody's drives. */
export interface OwnerPage {
  readonly ownerId: string;
  readonly page: PageRequest;
}

/** One statement for all that a request asks of a kind at the same moment. Authorization comes after loading. */
export interface Loaders {
  readonly driveById: DataLoader<string, Drive | null>;
  readonly driveByGrantId: DataLoader<string, Drive | null>;
  readonly drivesOfOwner: DataLoader<OwnerPage, readonly Drive[], string>;
  readonly usageOfDrive: DataLoader<string, DriveUsage>;
  readonly fileById: DataLoader<string, StoredFile | null>;
}

const EMPTY: DriveUsage = { live: 0n, versions: 0n, trash: 0n, incomplete: 0n };

/** Loaders for one request. */
export function makeLoaders({ drives, files }: Records, clock: Clock): Loaders {
  return {
    driveById: new DataLoader(async (ids) => inOrder(ids, await drives.byIds(ids), (drive) => drive.id)),
    driveByGrantId: new DataLoader(async (ids) => inOrder(ids, await drives.byGrantIds(ids), (drive) => drive.grantId)),
    drivesOfOwner: new DataLoader<OwnerPage, readonly Drive[], string>((asked) => loadPages(drives, asked), {
      cacheKeyFn: ({ ownerId, page }) => JSON.stringify([ownerId, page]),
    }),
    usageOfDrive: new DataLoader(async (ids) => {
      const usages = await drives.usageOf(ids, clock.now());
      return ids.map((id) => usages.get(id) ?? EMPTY);
    }),
    fileById: new DataLoader(async (ids) => inOrder(ids, await files.byIds(ids), (file) => file.id)),
  };
}

function inOrder<Row>(keys: readonly string[], rows: readonly Row[], keyOf: (row: Row) => string): (Row | null)[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  return keys.map((key) => byKey.get(key) ?? null);
}

/** One statement for each page that is asked of several owners: an operation asks for few different pages. */
async function loadPages(drives: Records['drives'], asked: readonly OwnerPage[]): Promise<(readonly Drive[])[]> {
  const pages = new Map(asked.map(({ page }) => [JSON.stringify(page), page]));
  const found = new Map<string, readonly Drive[]>();
  for (const [key, page] of pages) {
    const ownerIds = asked.filter((one) => JSON.stringify(one.page) === key).map(({ ownerId }) => ownerId);
    found.set(key, await drives.pageOfOwners(ownerIds, page));
  }
  return asked.map(({ ownerId, page }) =>
    (found.get(JSON.stringify(page)) ?? []).filter((drive) => drive.ownerId === ownerId),
  );
}
