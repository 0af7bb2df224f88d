/** Cuts a stream of buffers into buffers of exactly `bytes`, the last with what is left; at most one is kept in memory. */
export async function* rechunk(source: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const chunk of source) {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (pendingBytes + rest.length >= bytes) {
      const taken = bytes - pendingBytes;
      yield join(pending, rest.subarray(0, taken), bytes);
      rest = rest.subarray(taken);
      pending = [];
      pendingBytes = 0;
    }
    if (rest.length > 0) {
      pending.push(rest);
      pendingBytes += rest.length;
    }
  }
  if (pendingBytes > 0) yield Buffer.concat(pending, pendingBytes);
}

// The common case, a chunk that is a whole frame already, is passed on without a copy.
const join = (pending: readonly Buffer[], last: Buffer, bytes: number): Buffer =>
  pending.length === 0 ? last : Buffer.concat([...pending, last], bytes);
