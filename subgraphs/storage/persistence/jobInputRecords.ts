import type { Prisma } from '../generated/prisma/client.js';
import type { JobInputRecords } from '../usecases/ports.js';

/** What jobs read, in PostgreSQL. */
export function jobInputRecords(client: Prisma.TransactionClient): JobInputRecords {
  return {
    async insert({ jobId, name, versionId, userId }, createdAt) {
      await client.jobInput.create({ data: { jobId, name, versionId, userId, createdAt } });
    },
    async ofJob(jobId) {
      const rows = await client.jobInput.findMany({
        where: { jobId },
        orderBy: { name: 'asc' },
        include: { version: { include: { file: { select: { path: true } } } } },
      });
      return rows.map(({ name, versionId, userId, version }) => ({
        jobId,
        name,
        path: version.file.path,
        versionId,
        sizeBytes: version.sizeBytes,
        sha256: version.sha256,
        userId,
      }));
    },
    async has(jobId, versionId) {
      return (await client.jobInput.count({ where: { jobId, versionId } })) > 0;
    },
    async remove(jobId) {
      await client.jobInput.deleteMany({ where: { jobId } });
    },
  };
}
