import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** What went through. */
export interface Measured {
  readonly bytes: number;
  /** SHA-256, in hexadecimal. */
  readonly sha256: string;
}

/** Passes bytes on, counting and digesting them. */
export function measure(onBytes: (bytes: number) => void): { readonly stream: Transform; result(): Measured } {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  return { stream, result: () => ({ bytes, sha256: hash.digest('hex') }) };
}

/** Copies a file to where none is (0600, in folders 0700) and flushes it. */
export async function copyFile(
  from: string,
  to: string,
  { onBytes, signal }: { readonly onBytes: (bytes: number) => void; readonly signal: AbortSignal },
): Promise<Measured> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  const measured = measure(onBytes);
  const target = createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true });
  await pipeline(createReadStream(from), measured.stream, target, { signal });
  return measured.result();
}

/** The digest of a file. */
export async function digestOf(
  path: string,
  { onBytes, signal }: { readonly onBytes: (bytes: number) => void; readonly signal: AbortSignal },
): Promise<string> {
  const measured = measure(onBytes);
  measured.stream.resume();
  await pipeline(createReadStream(path), measured.stream, { signal });
  return measured.result().sha256;
}
