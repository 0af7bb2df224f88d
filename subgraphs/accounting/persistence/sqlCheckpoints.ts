import type { SqlSession } from '../../../platform/database/sql.js';
import type { Checkpoint } from '../domain/checkpoint.js';
import type { Checkpoints } from '../usecases/ports.js';

interface Row {
  readonly sequence: bigint;
  readonly entryHash: Uint8Array;
  readonly recordedAt: Date;
  readonly proof: string;
}

/** Checkpoints in PostgreSQL; they are only ever added. */
export function makeSqlCheckpoints(sql: SqlSession): Checkpoints {
  return {
    async newest(count) {
      const rows = await sql.$queryRawUnsafe<Row[]>(`${COLUMNS} ORDER BY c.sequence DESC LIMIT $1::int`, count);
      return rows.map(toCheckpoint);
    },
    async between(after, through) {
      const rows = await sql.$queryRawUnsafe<Row[]>(
        `${COLUMNS} WHERE c.sequence > $1::text::bigint AND c.sequence <= $2::text::bigint ORDER BY c.sequence`,
        after.toString(),
        through.toString(),
      );
      return rows.map(toCheckpoint);
    },
    async keep({ sequence, entryHash }, proof, secondsApart) {
      const [row] = await sql.$queryRawUnsafe<{ isKept: boolean }[]>(
        'SELECT keep_checkpoint($1::text::bigint, decode($2::text, $5::text), $3::text, $4::int) AS "isKept"',
        sequence.toString(),
        Buffer.from(entryHash, 'base64url').toString('base64'),
        proof,
        secondsApart,
        'base64',
      );
      return row?.isKept === true;
    },
  };
}

const COLUMNS = `
  SELECT c.sequence, c.entry_hash AS "entryHash", c.recorded_at AS "recordedAt", c.jws AS proof FROM checkpoint c`;

const toCheckpoint = ({ entryHash, ...row }: Row): Checkpoint => ({
  ...row,
  entryHash: Buffer.from(entryHash).toString('base64url'),
});
