import { access, constants, open } from 'node:fs/promises';
import { basename, dirname, isAbsolute } from 'node:path';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { z } from 'zod';
import { HomeFolderError, makeHomeFolder } from '../platform/kernel/homeFolder.js';
import { ServiceStartError } from '../platform/server/runDirectory.js';
import type { Variables } from '../platform/server/settings.js';

/** A log file that is begun anew when it has grown, and how many earlier ones are kept. */
export interface LogFile {
  readonly path: string;
  readonly bytesMax: number;
  readonly backups: number;
}

const DEFAULT = { bytesMax: 2_500_000, backups: 5 };

const schema = z.object({
  TOLLGATE_LOG_FILE: z.string().refine(isAbsolute, 'must be an absolute path').optional(),
  TOLLGATE_LOG_MAX_BYTES: z.coerce
    .number()
    .int()
    .min(10_000)
    .max(1e12, 'must be 10000 to 1000000000000')
    .default(DEFAULT.bytesMax),
  TOLLGATE_LOG_BACKUPS: z.coerce.number().int().min(1).max(1_000).default(DEFAULT.backups),
});

const REMEDIES: Readonly<Record<string, string>> = {
  TOLLGATE_LOG_FILE: 'an absolute path',
  TOLLGATE_LOG_MAX_BYTES: 'a whole number of bytes, 10000 to 1000000000000',
  TOLLGATE_LOG_BACKUPS: 'a whole number, 1 to 1000',
};

/** Reads the variables of the log file; null: standard error. @throws ServiceStartError naming the variable */
export function readLogFile(variables: Variables): LogFile | null {
  const parsed = schema.safeParse(variables);
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]?.path[0]);
    throw new ServiceStartError(`${name} must be ${REMEDIES[name]}; correct it and start again.`);
  }
  const { TOLLGATE_LOG_FILE: path, TOLLGATE_LOG_MAX_BYTES: bytesMax, TOLLGATE_LOG_BACKUPS: backups } = parsed.data;
  return path === undefined ? null : { path, bytesMax, backups };
}

/** An opened log file. */
export interface OpenedLogFile {
  readonly stream: RotatingFileStream;
  /** Writes what is left and closes. */
  close(): Promise<void>;
}

/**
 * Opens a log file, and its folder where it is not there. The earlier ones are named `<file>.1` (the youngest) and on. Where
 * it cannot be written any more that is said on standard error, and the services go on.
 * @throws ServiceStartError where it cannot be written to begin with
 */
export async function openLogFile({ path, bytesMax, backups }: LogFile): Promise<OpenedLogFile> {
  const folder = dirname(path);
  try {
    await makeHomeFolder(folder, 0o750);
    await access(folder, constants.W_OK | constants.X_OK);
    const file = await open(path, 'a', 0o640);
    const isFile = await file.stat().then((found) => found.isFile());
    await file.close();
    if (!isFile) throw new Error('no file that can be rotated');
  } catch (error) {
    const cause = error instanceof HomeFolderError ? error.cause : error;
    const code =
      (cause as NodeJS.ErrnoException | undefined)?.code ??
      (error instanceof Error && !(error instanceof HomeFolderError) ? error.message : 'not a folder');
    throw new ServiceStartError(
      `TOLLGATE_LOG_FILE: ${path} cannot be written (${code}); make it so for this user, or name another file.`,
    );
  }
  const stream = createStream(basename(path), { path: folder, size: `${bytesMax}B`, rotate: backups, mode: 0o640 });
  stream.on('error', (error) => process.stderr.write(`tollgate: the log file cannot be written: ${error.message}\n`));
  return { stream, close: () => new Promise((resolve) => stream.end(() => resolve())) };
}
