import { open } from 'node:fs/promises';
import { AcctError, systemCode } from '../acctError.js';
import { FILE_BYTES_MAX } from '../limits.js';

/**
 * Reads a whole file, or a pipe such as /dev/fd/3.
 * @throws AcctError FILE_MISSING, FILE_UNUSABLE, LIMIT_EXCEEDED
 */
export async function readFileBounded(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      return await readBounded(file.createReadStream({ autoClose: false }), path);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof AcctError) throw error;
    if (systemCode(error) === 'ENOENT') throw new AcctError('FILE_MISSING', `There is no file ${path}.`);
    throw new AcctError('FILE_UNUSABLE', `${path} cannot be read (${systemCode(error)}).`);
  }
}

/** Reads a stream to its end. Throws AcctError LIMIT_EXCEEDED. */
export async function readBounded(stream: AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > FILE_BYTES_MAX)
      throw new AcctError('LIMIT_EXCEEDED', `${name} is larger than ${FILE_BYTES_MAX} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
