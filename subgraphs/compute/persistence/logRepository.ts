import type { LogStream } from '../domain/logBound.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { LogRepository } from '../usecases/ports.js';

/** Logs on a Prisma client or transaction. */
export function logRepository(prisma: Prisma.TransactionClient): LogRepository {
  return {
    async sizeOf(jobId) {
      const { logBytes, logTruncated } = await prisma.job.findUniqueOrThrow({
        where: { id: jobId },
        select: { logBytes: true, logTruncated: true },
      });
      return { bytes: logBytes, truncated: logTruncated };
    },
    async has({ jobId, fencingToken, sequence }) {
      return (await prisma.jobLogCall.count({ where: { jobId, fencingToken, sequence } })) > 0;
    },
    async add({ jobId, fencingToken, sequence }, { lines, bytes, truncated }) {
      await prisma.jobLogCall.create({ data: { jobId, fencingToken, sequence } });
      await prisma.jobLogLine.createMany({
        data: lines.map((line, position) => ({ ...line, jobId, fencingToken, sequence, position })),
      });
      await prisma.job.update({ where: { id: jobId }, data: { logBytes: bytes, logTruncated: truncated } });
    },
    countUpTo: ({ jobId, fencingToken, sequence }) =>
      prisma.jobLogCall.count({ where: { jobId, fencingToken, sequence: { lte: sequence } } }),
    async page(jobId, { first, after }) {
      const [fencingToken, sequence, position] = (after ?? ['0', '0', '0']).map(Number);
      const rows = await prisma.$queryRawUnsafe<LogLineRow[]>(
        `SELECT fencing_token, sequence, position, at, stream, text FROM job_log_line
         WHERE job_id = $1 AND (fencing_token, sequence, position) > ($2::int, $3::int, $4::int)
         ORDER BY fencing_token, sequence, position LIMIT $5::int`,
        jobId,
        fencingToken,
        sequence,
        position,
        first + 1,
      );
      return rows.map(({ fencing_token, sequence: call, position: line, at, stream, text }) => ({
        at: new Date(at),
        stream,
        text,
        place: [String(fencing_token), String(call), String(line)] as const,
      }));
    },
  };
}

interface LogLineRow {
  readonly fencing_token: number;
  readonly sequence: number;
  readonly position: number;
  readonly at: Date;
  readonly stream: LogStream;
  readonly text: string;
}
