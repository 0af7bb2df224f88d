import type { PageRequest } from '../../../platform/kernel/cursor.js';
import type { FileVersion, StoredFile } from '../domain/file.js';
import type { File as FileRow, Prisma, FileVersion as VersionRow } from '../generated/prisma/client.js';
import type { AddedVersion, FileRecords } from '../usecases/ports.js';

/** Files and versions in PostgreSQL. */
export function fileRecords(client: Prisma.TransactionClient): FileRecords {
  return {
    async byIds(ids) {
      return toFiles(
        await client.file.findMany({ where: { id: { in: [...ids] } }, include: { currentVersion: true } }),
      );
    },
    async byPath(driveId, path) {
      const where = { driveId_path: { driveId, path } };
      const row = await client.file.findUnique({ where, include: { currentVersion: true } });
      return row === null ? null : (toFiles([row])[0] ?? null);
    },
    pageBelow: (driveId, folder, page) => pageBelow(client, driveId, folder, page),
    async pageOfVersions(fileId, page) {
      const before = page.after === null ? {} : { number: { lt: Number(page.after[0]) } };
      return client.fileVersion.findMany({
        where: { fileId, ...before },
        orderBy: { number: 'desc' },
        take: page.first + 1,
      });
    },
    version: (id) => client.fileVersion.findUnique({ where: { id } }),
    versionOfUpload: (uploadId) => client.fileVersion.findUnique({ where: { uploadId } }),
    addVersion: (driveId, path, version, fileId) => addVersion(client, driveId, path, version, fileId),
  };
}

type RowWithVersion = FileRow & { readonly currentVersion: VersionRow | null };

/** A file without a version is never committed, so that leaving one out hides nothing. */
const toFiles = (rows: readonly RowWithVersion[]): readonly StoredFile[] =>
  rows.flatMap(({ id, driveId, path, currentVersion }) =>
    currentVersion === null ? [] : [{ id, driveId, path, current: currentVersion }],
  );

async function pageBelow(
  client: Prisma.TransactionClient,
  driveId: string,
  folder: string,
  page: PageRequest,
): Promise<readonly StoredFile[]> {
  // Paths sort by bytes: what is below a folder begins with `folder/`, and `0` is the character after the slash.
  const below = folder === '' ? {} : { gte: `${folder}/`, lt: `${folder}0` };
  const after = page.after === null ? {} : { gt: page.after[0] ?? '' };
  const rows = await client.file.findMany({
    where: { driveId, AND: [{ path: below }, { path: after }] },
    orderBy: { path: 'asc' },
    take: page.first + 1,
    include: { currentVersion: true },
  });
  return toFiles(rows);
}

/** The drive is locked by the caller, so that two uploads to one path are numbered one after the other. */
async function addVersion(
  client: Prisma.TransactionClient,
  driveId: string,
  path: string,
  version: Omit<FileVersion, 'fileId'>,
  newFileId: string,
): Promise<AddedVersion> {
  const where = { driveId_path: { driveId, path } };
  const known = await client.file.findUnique({ where, include: { currentVersion: true } });
  const fileId = known?.id ?? newFileId;
  if (known === null) await client.file.create({ data: { id: fileId, driveId, path, createdAt: version.createdAt } });
  const newest = await client.fileVersion.findFirst({ where: { fileId }, orderBy: { number: 'desc' } });
  const number = (newest?.number ?? 0) + 1;
  const current = await client.fileVersion.create({ data: { ...version, fileId, number } });
  await client.file.update({ where: { id: fileId }, data: { currentVersionId: version.id } });
  return { file: { id: fileId, driveId, path, current }, replacedBytes: known?.currentVersion?.sizeBytes ?? 0n };
}
