/** A body is longer or shorter than it has to be. */
export class LengthMismatch extends Error {}

/**
 * Passes a body on, giving each chunk to `onChunk`. A longer one is cut off at once, so that nobody can fill the disk.
 * @throws LengthMismatch
 */
export async function* exactly(
  body: AsyncIterable<Uint8Array>,
  bytes: number,
  onChunk: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const chunk of body) {
    seen += chunk.length;
    if (seen > bytes) throw new LengthMismatch();
    onChunk(chunk);
    yield chunk;
  }
  if (seen < bytes) throw new LengthMismatch();
}
