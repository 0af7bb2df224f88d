import { type FileHandle, mkdir, open, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../../../../platform/kernel/syncFolder.js';
import type { ByteRange } from '../../domain/byteRange.js';
import { ObjectMissing, type ObjectStore, type StoredObject } from '../../usecases/ports.js';
import { parseObjectKey, uploadFolder } from './objectKey.js';
import { otherLength } from './otherLength.js';

const READ_BYTES = 256 * 1024;

/**
 * Objects as files `<root>/<shard>/<upload>/<name>` (folders 0700, files 0600). A file has its name only once it is
 * whole and on disk: it is written beside it, flushed, renamed, and its folder flushed.
 */
export function filesystemStore(root: string): ObjectStore {
  return {
    async put(object, body) {
      const path = pathOf(root, object.key);
      await makeFolder(root, dirname(path));
      const draft = `${path}.part`;
      await writeDraft(draft, object, body);
      await rename(draft, path);
      await syncFolder(dirname(path));
    },
    read: (object, range) => readFile(pathOf(root, object.key), range),
    async delete(...keys) {
      for (const key of keys) {
        const path = pathOf(root, key);
        await ignoring(['ENOENT'], unlink(path));
        await ignoring(['ENOENT', 'ENOTEMPTY'], rmdir(dirname(path)));
      }
    },
    async keysOf(uploadId) {
      const names = await ignoring(['ENOENT'], readdir(join(root, uploadFolder(uploadId))));
      return (names ?? []).map((name) => `${uploadId}/${name}`);
    },
  };
}

function pathOf(root: string, key: string): string {
  const { uploadId, name } = parseObjectKey(key);
  return join(root, uploadFolder(uploadId), name);
}

async function makeFolder(root: string, folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (made === undefined) return;
  // A new folder is on disk only when those above it, up to the root's own, are.
  await syncFolder(dirname(folder));
  await syncFolder(root);
}

async function writeDraft(draft: string, object: StoredObject, body: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(draft, 'wx', 0o600);
  try {
    let written = 0;
    for await (const chunk of body) {
      await writeFully(handle, chunk);
      written += chunk.length;
    }
    if (written !== object.bytes) throw otherLength(object.bytes, written);
    await handle.sync();
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => undefined);
    await ignoring(['ENOENT'], unlink(draft));
    throw error;
  }
}

async function writeFully(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, offset, chunk.length - offset);
    offset += bytesWritten;
  }
}

/** Gives what is there of the range: a file that ends early is for the reader to judge. */
async function* readFile(path: string, range: ByteRange): AsyncGenerator<Buffer> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new ObjectMissing() : error;
  });
  try {
    for (let position = range.start; position < range.end; ) {
      const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, range.end - position));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  } finally {
    await handle.close();
  }
}

async function ignoring<Value>(codes: readonly string[], attempt: Promise<Value>): Promise<Value | undefined> {
  try {
    return await attempt;
  } catch (error) {
    if (codes.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
