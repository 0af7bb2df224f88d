import { expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { ObjectMissing, type ObjectStore, type StoredObject } from '../../../subgraphs/storage/usecases/ports.js';
import { someBytes } from './storage.js';

/** A body of these texts. */
export async function* bodyOf(...texts: readonly (string | Buffer)[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

/** The bytes of a range. */
export async function bytesOf(
  store: ObjectStore,
  object: StoredObject,
  start = 0,
  end = object.bytes,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(object, { start, end })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What every driver of an object store promises. @param open gives one; each test uses names of its own in it */
export function objectStoreContract(open: () => ObjectStore): void {
  const object = (bytes: number, name = '1-a', uploadId: string = newId('upload')) => ({
    key: `${uploadId}/${name}`,
    bytes,
  });
  const uploadOf = ({ key }: StoredObject): string => key.split('/')[0] ?? '';

  it('gives ranges of an object, as far as it goes', async () => {
    const store = open();
    const hello = object(5);
    await store.put(hello, bodyOf('he', '', 'llo'));
    const read = async (start: number, end: number) => (await bytesOf(store, hello, start, end)).toString();
    expect([await read(0, 5), await read(1, 3), await read(3, 99), await read(2, 2), await read(5, 9)]).toEqual([
      'hello',
      'el',
      'lo',
      '',
      '',
    ]);
    expect(await store.keysOf(uploadOf(hello))).toEqual([hello.key]);
  });

  it('keeps an object of the largest part, byte by byte', async () => {
    const store = open();
    const bytes = someBytes(64 * 2 ** 20 + 12_345);
    const large = object(bytes.length);
    const pieces = Array.from({ length: Math.ceil(bytes.length / 65_552) }, (_, index) =>
      bytes.subarray(index * 65_552, (index + 1) * 65_552),
    );
    await store.put(large, bodyOf(...pieces));
    expect((await bytesOf(store, large)).equals(bytes)).toBe(true);
    const [start, end] = [40_000_001, 40_070_003];
    expect((await bytesOf(store, large, start, end)).equals(bytes.subarray(start, end))).toBe(true);
    await store.delete(large.key);
  });

  it('keeps nothing of a body that breaks off or has another length', async () => {
    const store = open();
    async function* breaking(...texts: string[]): AsyncGenerator<Buffer> {
      yield* bodyOf(...texts);
      throw new Error('gone');
    }
    const bodies = [
      [breaking('he'), 'gone'],
      // Also where all of its bytes came before.
      [breaking('he', 'llo'), 'gone'],
      [bodyOf('hell'), '5 bytes were announced, 4 came'],
      [bodyOf('hello', '!'), '5 bytes were announced, 6 came'],
      [bodyOf(), '5 bytes were announced, 0 came'],
    ] as const;
    for (const [body, message] of bodies) {
      const hello = object(5);
      await expect(store.put(hello, body)).rejects.toThrow(message);
      expect(await store.keysOf(uploadOf(hello))).toEqual([]);
      await expect(bytesOf(store, hello)).rejects.toThrow(ObjectMissing);
    }
  });

  it('gives up reading where its reader does', async () => {
    const store = open();
    const large = object(8 * 2 ** 20);
    await store.put(large, bodyOf(Buffer.alloc(large.bytes, 7)));
    for (let time = 0; time < 20; time += 1) {
      for await (const chunk of store.read(large, { start: 0, end: large.bytes })) {
        expect(chunk[0]).toBe(7);
        break;
      }
    }
    expect(await bytesOf(store, large, 0, 3)).toEqual(Buffer.alloc(3, 7));
  });

  it('knows the objects of an upload and no others', async () => {
    const store = open();
    const first = object(1);
    const upload = uploadOf(first);
    await store.put(first, bodyOf('a'));
    await store.put(object(1, '2-b', upload), bodyOf('b'));
    await store.put(object(1), bodyOf('c'));
    expect([...(await store.keysOf(upload))].sort()).toEqual([`${upload}/1-a`, `${upload}/2-b`]);
    expect(await store.keysOf(newId('upload'))).toEqual([]);
  });

  it('deletes several at once, and of those that are not there nothing', async () => {
    const store = open();
    const [one, two] = [object(1), object(1)];
    await store.put(one, bodyOf('a'));
    await store.put(two, bodyOf('b'));
    await store.delete();
    await store.delete(one.key, object(1).key, two.key);
    await store.delete(one.key);
    expect([await store.keysOf(uploadOf(one)), await store.keysOf(uploadOf(two))]).toEqual([[], []]);
    await expect(bytesOf(store, one)).rejects.toThrow(ObjectMissing);
  });

  it('knows no key that leads elsewhere', async () => {
    const store = open();
    const upload = newId('upload');
    for (const key of ['../x', `${upload}/../x`, `${upload}/a/b`, '/etc/passwd', 'upl_x/1-a', `${upload}/`]) {
      await expect(store.delete(key)).rejects.toThrow('not the name');
      await expect(store.put({ key, bytes: 1 }, bodyOf('x'))).rejects.toThrow('not the name');
      await expect(bytesOf(store, { key, bytes: 1 })).rejects.toThrow('not the name');
    }
    await expect(store.keysOf('..')).rejects.toThrow('not the name');
  });
}
