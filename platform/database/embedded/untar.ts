import { chown, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerUser } from './serverUser.js';

const BLOCK = 512;

/**
 * Unpacks a tar archive of folders and files, as a base backup has them (POSIX ustar), below a folder that is there; folders
 * 0700, files 0600. Nothing is flushed: PostgreSQL flushes its whole data directory before it recovers.
 * @param user whose everything becomes; unset: this process's
 * @throws Error where the archive is cut off or has something else in it
 */
export async function untar(
  source: AsyncIterable<Uint8Array>,
  folder: string,
  user: ServerUser | undefined,
): Promise<void> {
  const bytes = new ByteReader(source);
  for (;;) {
    const header = await bytes.whole(BLOCK);
    // Two empty blocks end it; what follows the first says nothing, and is read all the same: its source counts on it.
    if (header.every((byte) => byte === 0)) return bytes.drain();
    const { path, size, kind } = readHeader(header);
    const target = join(folder, path);
    if (kind === 'FOLDER') await mkdir(target, { recursive: true, mode: 0o700 });
    else await writeEntry(target, bytes.take(size));
    if (user !== undefined) await chown(target, user.uid, user.gid);
    await bytes.whole((BLOCK - (size % BLOCK)) % BLOCK);
  }
}

interface Entry {
  readonly path: string;
  readonly size: number;
  readonly kind: 'FOLDER' | 'FILE';
}

function readHeader(header: Buffer): Entry {
  const text = (from: number, length: number): string =>
    header.toString('latin1', from, from + length).replace(/\0.*$/s, '');
  const path = text(0, 100);
  if (path.startsWith('/') || path.split('/').includes('..'))
    throw new Error(`the archive leads out of itself: ${path}`);
  const type = text(156, 1);
  if (type === '5') return { path, size: 0, kind: 'FOLDER' };
  const size = Number.parseInt(text(124, 12), 8);
  if ((type !== '0' && type !== '') || !Number.isSafeInteger(size) || size < 0) {
    throw new Error(`the archive has something that is neither a folder nor a file: ${path}`);
  }
  return { path, size, kind: 'FILE' };
}

async function writeEntry(path: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of body) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
}

/** Takes bytes off a stream, as many as are asked for. */
class ByteReader {
  private readonly source: AsyncIterator<Uint8Array>;
  private pending: Uint8Array = new Uint8Array();

  constructor(source: AsyncIterable<Uint8Array>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** The next bytes, in pieces; whoever asks takes them all. */
  async *take(bytes: number): AsyncGenerator<Uint8Array> {
    for (let left = bytes; left > 0; ) {
      if (this.pending.length === 0) {
        const { done, value } = await this.source.next();
        if (done === true) throw new Error('the archive is cut off');
        this.pending = value;
        continue;
      }
      const piece = this.pending.subarray(0, left);
      this.pending = this.pending.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async drain(): Promise<void> {
    while ((await this.source.next()).done !== true);
  }

  async whole(bytes: number): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.take(bytes)) pieces.push(piece);
    return Buffer.concat(pieces);
  }
}
