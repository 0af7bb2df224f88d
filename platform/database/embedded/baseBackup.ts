import { once } from 'node:events';
import { Readable } from 'node:stream';
import pg from 'pg';

/** The messages of a base backup begin with a letter: this one carries a piece of the archive. */
const archivePiece = 'd'.charCodeAt(0);
const connectMsMax = 5_000;

/** A copy of a whole PostgreSQL server as it is made. */
export interface BaseBackup {
  /** The data directory as a tar archive, with all of the write-ahead log that brings it to one consistent point. */
  readonly archive: Readable;
  /** That point, as a position in the log; known when the archive has been read to its end. */
  readonly point: Promise<string>;
  /** Ends the connection; an archive that was not read to its end is worth nothing. */
  close(): Promise<void>;
}

/**
 * Has a running server copy itself, by the command of PostgreSQL's replication protocol that pg_basebackup uses
 * (BASE_BACKUP): the server flushes, leaves out what a copy must not have, checks the checksum of every page, and adds the
 * log. What is committed in any of its databases before the point is in the copy, and nothing else.
 * @param options.url the superuser's address
 */
export async function openBaseBackup({ url }: { readonly url: string }): Promise<BaseBackup> {
  const config: pg.ClientConfig & { readonly replication: string } = {
    connectionString: url,
    replication: 'true',
    application_name: 'tollgate backup',
    connectionTimeoutMillis: connectMsMax,
    keepAlive: true,
  };
  const client = new pg.Client(config);
  // What breaks the connection fails the command that runs on it.
  client.on('error', () => undefined);
  await client.connect();
  // Until the connection ends the server keeps the log that the copy needs, however much is written meanwhile.
  await client.query(`CREATE_REPLICATION_SLOT tollgate_backup_${process.pid} TEMPORARY PHYSICAL (RESERVE_WAL)`);
  const command = new BaseBackupCommand();
  client.query(command);
  return { archive: command.archive, point: command.point, close: () => client.end() };
}

/** The command as the driver runs it: rows before and after the archive tell the log's positions. */
class BaseBackupCommand implements pg.Submittable {
  readonly archive: Readable;
  readonly point: Promise<string>;
  private connection: pg.Connection | undefined;
  private readonly rows: (string | null)[][] = [];
  private error: Error | undefined;

  constructor() {
    this.archive = new Readable({ read: () => void this.connection?.stream.resume() });
    this.point = once(this.archive, 'end').then(() => this.rows.at(-1)?.[0] ?? '');
    // Whoever reads the archive hears of its error.
    this.point.catch(() => undefined);
  }

  submit = (connection: pg.Connection): void => {
    this.connection = connection;
    connection.query("BASE_BACKUP (LABEL 'tollgate', CHECKPOINT 'fast', WAL, MANIFEST 'no')");
  };

  handleDataRow({ fields }: { readonly fields: (string | null)[] }): void {
    this.rows.push(fields);
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (chunk[0] !== archivePiece) return;
    // The driver uses the memory again.
    const hasRoom = this.archive.push(Buffer.from(chunk.subarray(1)));
    if (!hasRoom) this.connection?.stream.pause();
  }

  handleError(error: Error): void {
    this.error = error;
    this.archive.destroy(error);
  }

  handleReadyForQuery(): void {
    if (this.error === undefined) this.archive.push(null);
  }

  handleRowDescription(): void {}
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}
