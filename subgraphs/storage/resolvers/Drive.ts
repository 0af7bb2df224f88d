import { statusAt } from '../domain/drive.js';
import type { DriveResolvers } from '../generated/resolvers.js';

/** The fields of a drive that its row has not as they are shown. */
export const Drive = {
  __resolveReference: ({ id }, { usecases, loaders, viewer }) => usecases.findDrive(loaders, viewer, id),
  owner: (drive) => ({ id: drive.ownerId }),
  quota: (drive) => drive.quotaBytes,
  status: (drive, _arguments, { clock }) => statusAt(drive, clock.now()),
  usage: (drive, _arguments, { loaders }) => loaders.usageOfDrive.load(drive.id),
  files: (drive, { path, ...page }, { usecases, viewer }) => usecases.listFiles(viewer, drive, path ?? '', page),
} satisfies Partial<DriveResolvers>;
