import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { sealedSize } from '../../../subgraphs/storage/domain/frames.js';
import type { Keyring } from '../../../subgraphs/storage/persistence/keys/keyring.js';
import { encryptedStore } from '../../../subgraphs/storage/persistence/objects/encryptedStore.js';
import { IntegrityError, ObjectMissing, type ObjectStore } from '../../../subgraphs/storage/usecases/ports.js';

const FRAME = 65_536;
const SEALED = FRAME + 16;
const HEADER = 68;

/** A store in memory that counts the bytes it gives out. */
function memoryStore(): ObjectStore & { readonly objects: Map<string, Buffer>; read_: { bytes: number } } {
  const objects = new Map<string, Buffer>();
  const read_ = { bytes: 0 };
  return {
    objects,
    read_,
    async put({ key }, body) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      objects.set(key, Buffer.concat(chunks));
    },
    async *read({ key }, { start, end }) {
      const whole = objects.get(key);
      if (whole === undefined) throw new ObjectMissing();
      const bytes = whole.subarray(start, end);
      read_.bytes += bytes.length;
      for (let at = 0; at < bytes.length; at += 100_000) yield bytes.subarray(at, at + 100_000);
    },
    async delete(key) {
      objects.delete(key);
    },
    async keysOf(uploadId) {
      return [...objects.keys()].filter((key) => key.startsWith(uploadId));
    },
  };
}

function keyringOf(...keys: readonly Buffer[]): Keyring {
  const last = keys.at(-1);
  if (last === undefined) throw new Error('no key');
  return { current: { number: keys.length, key: last }, byNumber: (number) => keys[number - 1] ?? null };
}

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

const keyOf = (name: string) => `${newId('upload')}/${name}`;
const masterKey = randomBytes(32);

async function stored(bytes: Buffer, name = '1-a') {
  const inner = memoryStore();
  const store = encryptedStore(inner, keyringOf(masterKey));
  const object = { key: keyOf(name), bytes: bytes.length };
  await store.put(object, chunksOf(bytes, 70_000));
  const sealed = inner.objects.get(object.key) ?? Buffer.alloc(0);
  return { inner, store, object, sealed, readAll: () => collect(store.read(object, { start: 0, end: bytes.length })) };
}

describe('encryptedStore', () => {
  it('gives every range of what was put, in whatever chunks it came', async () => {
    const lengths = fc.oneof(fc.nat({ max: 300_000 }), fc.constantFrom(0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME));
    await fc.assert(
      fc.asyncProperty(
        lengths,
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 200_000 }),
        async (length, a, b, chunk) => {
          const bytes = randomBytes(length);
          const inner = memoryStore();
          const store = encryptedStore(inner, keyringOf(masterKey));
          const object = { key: keyOf('1-a'), bytes: length };
          await store.put(object, chunksOf(bytes, Math.max(chunk, Math.ceil(length / 500))));
          expect(inner.objects.get(object.key)?.length).toBe(sealedSize(length));
          const [start, end] = [Math.min(a, b) % (length + 1), Math.max(a, b) % (length + 1)].sort((x, y) => x - y);
          const range = { start: start ?? 0, end: end ?? 0 };
          expect((await collect(store.read(object, range))).equals(bytes.subarray(range.start, range.end))).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('reads the frames that a range needs and no others', async () => {
    const { inner, store, object } = await stored(randomBytes(20 * FRAME));
    await collect(store.read(object, { start: 5 * FRAME + 1, end: 5 * FRAME + 2 }));
    expect(inner.read_.bytes).toBe(HEADER + SEALED);
  });

  it('keeps no plaintext, and seals the same bytes differently each time', async () => {
    const bytes = Buffer.alloc(FRAME, 'secret of the laboratory ');
    const [one, two] = [await stored(bytes), await stored(bytes)];
    expect(one.sealed.includes('secret')).toBe(false);
    expect(one.sealed.subarray(HEADER).equals(two.sealed.subarray(HEADER))).toBe(false);
  });

  it('opens what an earlier master key sealed, and seals under the newest', async () => {
    const bytes = randomBytes(1_000);
    const { inner, object } = await stored(bytes);
    const rotated = encryptedStore(inner, keyringOf(masterKey, randomBytes(32)));
    expect((await collect(rotated.read(object, { start: 0, end: 1_000 }))).equals(bytes)).toBe(true);
    const fresh = { key: keyOf('2-b'), bytes: 1 };
    await rotated.put(fresh, chunksOf(Buffer.from('x'), 1));
    await expect(
      collect(encryptedStore(inner, keyringOf(masterKey)).read(fresh, { start: 0, end: 1 })),
    ).rejects.toThrow(IntegrityError);
  });

  it('notices any flipped bit', async () => {
    const bytes = randomBytes(FRAME + 100);
    const { sealed, readAll } = await stored(bytes);
    const places = fc.nat({ max: sealed.length - 1 });
    await fc.assert(
      fc.asyncProperty(places, fc.nat({ max: 7 }), async (at, bit) => {
        sealed.writeUInt8(sealed.readUInt8(at) ^ (1 << bit), at);
        await expect(readAll()).rejects.toThrow(IntegrityError);
        sealed.writeUInt8(sealed.readUInt8(at) ^ (1 << bit), at);
      }),
      { numRuns: 300 },
    );
    expect((await readAll()).equals(bytes)).toBe(true);
  });

  it('notices swapped, repeated and missing frames', async () => {
    const { inner, object, sealed, readAll } = await stored(randomBytes(3 * FRAME));
    const header = sealed.subarray(0, HEADER);
    const frames = [0, 1, 2].map((index) => sealed.subarray(HEADER + index * SEALED, HEADER + (index + 1) * SEALED));
    const [a, b, c] = frames as [Buffer, Buffer, Buffer];
    for (const wrong of [
      [b, a, c],
      [a, a, c],
      [a, c, b],
      [a, b, b],
      [a, c],
      [a, b],
      [a],
      [],
      [a, b, c.subarray(0, -1)],
      [a, b, c.subarray(0, 10)],
    ]) {
      inner.objects.set(object.key, Buffer.concat([header, ...wrong]));
      await expect(readAll()).rejects.toThrow(IntegrityError);
    }
    inner.objects.set(object.key, header.subarray(0, 20));
    await expect(readAll()).rejects.toThrow(IntegrityError);
    inner.objects.set(object.key, Buffer.alloc(0));
    await expect(readAll()).rejects.toThrow(IntegrityError);
  });

  it('does not take a truncated object for a shorter one', async () => {
    const { inner, store, object, sealed } = await stored(randomBytes(2 * FRAME));
    inner.objects.set(object.key, sealed.subarray(0, HEADER + SEALED));
    await expect(collect(store.read({ ...object, bytes: FRAME }, { start: 0, end: FRAME }))).rejects.toThrow(
      IntegrityError,
    );
    const empty = await stored(Buffer.alloc(0));
    empty.inner.objects.set(empty.object.key, empty.sealed.subarray(0, HEADER));
    await expect(empty.readAll()).rejects.toThrow(IntegrityError);
  });

  it('does not open another object in this one’s place, nor its frames, nor its header', async () => {
    const bytes = randomBytes(2 * FRAME);
    const [one, two] = [await stored(bytes), await stored(bytes)];
    one.inner.objects.set(one.object.key, two.sealed);
    await expect(one.readAll()).rejects.toThrow(IntegrityError);
    for (const cut of [HEADER, HEADER + SEALED]) {
      one.inner.objects.set(one.object.key, Buffer.concat([one.sealed.subarray(0, cut), two.sealed.subarray(cut)]));
      await expect(one.readAll()).rejects.toThrow(IntegrityError);
    }
  });

  it('gives out no byte of a bad frame, and those before it', async () => {
    const bytes = randomBytes(3 * FRAME);
    const { store, object, sealed } = await stored(bytes);
    sealed.writeUInt8(sealed.readUInt8(HEADER + SEALED) ^ 1, HEADER + SEALED);
    const seen: Uint8Array[] = [];
    await expect(
      (async () => {
        for await (const chunk of store.read(object, { start: 0, end: bytes.length })) seen.push(Buffer.from(chunk));
      })(),
    ).rejects.toThrow(IntegrityError);
    expect(Buffer.concat(seen).equals(bytes.subarray(0, FRAME))).toBe(true);
  });
});
