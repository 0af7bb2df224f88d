import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import type { ByteRange } from '../../../subgraphs/storage/domain/byteRange.js';
import { S3Fault } from '../../../subgraphs/storage/persistence/objects/s3/s3Fault.js';
import { type FakeS3, s3Error, startFakeS3 } from '../support/fakeS3.js';
import { bodyOf, bytesOf } from '../support/objectStoreContract.js';

const SILENCE_MS = 1_000;
const object = { key: `${newId('upload')}/1-a`, bytes: 5 };
const large = { key: object.key, bytes: 32 * 2 ** 20 };

let fake: FakeS3;
afterEach(() => fake.stop());

const faultOf = async (attempt: Promise<unknown>): Promise<S3Fault> => {
  const error = await attempt.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (error instanceof S3Fault) return error;
  throw new Error(`no fault of a bucket: ${inspect(error)}`);
};
const partOf = ({ start, end }: ByteRange) => ({
  'content-range': `bytes ${start}-${end - 1}/${object.bytes}`,
  'content-length': String(end - start),
});

describe('an object store that does not do as it should', () => {
  it('keeps silent before it answers a question with a body', async () => {
    fake = await startFakeS3((request) => request.resume(), SILENCE_MS);
    expect(await faultOf(fake.store.put(object, bodyOf('hello')))).toMatchObject({ code: 'Silence', status: null });
    await expect.poll(fake.openConnections).toBe(0);
  });

  it('takes no more of a body in the middle', async () => {
    fake = await startFakeS3((request) => request.once('readable', () => request.read(1)), SILENCE_MS);
    const body = bodyOf(...Array.from({ length: 32 }, () => Buffer.alloc(2 ** 20)));
    expect(await faultOf(fake.store.put(large, body))).toMatchObject({ code: 'Silence' });
    // It sees the end of the connection when it has read what was sent.
    fake.asked[0]?.resume();
    await expect.poll(fake.openConnections).toBe(0);
  });

  it('bears a client that is slow, however long', async () => {
    fake = await startFakeS3((request, response) => {
      request.resume().once('end', () => response.writeHead(200, { etag: '"x"' }).end());
    }, SILENCE_MS);
    async function* slow(): AsyncGenerator<Buffer> {
      yield Buffer.from('he');
      await sleep(2 * SILENCE_MS);
      yield Buffer.from('llo');
    }
    await fake.store.put(object, slow());
  });

  it('keeps silent in the middle of an answer', async () => {
    fake = await startFakeS3((_request, response) => {
      response.writeHead(206, partOf({ start: 0, end: 5 })).write('he');
    }, SILENCE_MS);
    const read: string[] = [];
    const reading = async () => {
      for await (const chunk of fake.store.read(object, { start: 0, end: 5 })) read.push(Buffer.from(chunk).toString());
    };
    expect(await faultOf(reading())).toMatchObject({ code: 'Silence' });
    expect(read).toEqual(['he']);
    await expect.poll(fake.openConnections).toBe(0);
  });

  it('breaks off in the middle of an answer', async () => {
    fake = await startFakeS3((_request, response) => {
      response.writeHead(206, partOf({ start: 0, end: 5 })).write('he', () => response.destroy());
    });
    expect(await faultOf(bytesOf(fake.store, object))).toMatchObject({ code: 'ECONNRESET', status: null });
  });

  it('gives another range than was asked for, or all of it', async () => {
    fake = await startFakeS3((_request, response, time) => {
      if (time === 1) response.writeHead(200, { 'content-length': '5' }).end('hello');
      else response.writeHead(206, partOf({ start: 0, end: 5 })).end('hello');
    });
    expect(await faultOf(bytesOf(fake.store, object, 0, 2))).toMatchObject({ code: 'OtherRange' });
    expect(await faultOf(bytesOf(fake.store, object, 1, 2))).toMatchObject({ code: 'OtherRange' });
  });

  it('refuses before the body is sent: the client is not read any further, and the connection goes', async () => {
    fake = await startFakeS3((_request, response) => s3Error(response, 403, 'AccessDenied'));
    let isEnded = false;
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield Buffer.alloc(2 ** 16);
      } finally {
        isEnded = true;
      }
    }
    expect(await faultOf(fake.store.put({ ...large, bytes: 2 ** 40 }, endless()))).toMatchObject({
      operation: 'PutObject',
      code: 'AccessDenied',
      status: 403,
    });
    await expect.poll(() => isEnded).toBe(true);
    await expect.poll(fake.openConnections).toBe(0);
  });

  it('ends the connection of a reader that has had enough', async () => {
    fake = await startFakeS3((_request, response) => {
      response.writeHead(206, { 'content-range': `bytes 0-${large.bytes - 1}/${large.bytes}` });
      response.write(Buffer.alloc(2 ** 16));
    });
    for await (const _chunk of fake.store.read(large, { start: 0, end: large.bytes })) break;
    await expect.poll(fake.openConnections).toBe(0);
  });

  it('is busy: what can be sent again is, three times in all; a body is not', async () => {
    fake = await startFakeS3((request, response) => {
      request.resume().once('end', () => s3Error(response, 503, 'SlowDown'));
    });
    expect(await faultOf(bytesOf(fake.store, object))).toMatchObject({ code: 'SlowDown', status: 503 });
    expect(fake.asked).toHaveLength(3);
    expect(await faultOf(fake.store.delete(object.key))).toMatchObject({ code: 'SlowDown' });
    expect(fake.asked).toHaveLength(6);
    expect(await faultOf(fake.store.put(object, bodyOf('hello')))).toMatchObject({ code: 'SlowDown' });
    expect(fake.asked).toHaveLength(7);
  });

  it('is busy once: nobody notices', async () => {
    fake = await startFakeS3((_request, response, time) => {
      if (time === 1) s3Error(response, 503, 'SlowDown');
      else response.writeHead(206, partOf({ start: 1, end: 3 })).end('el');
    });
    expect((await bytesOf(fake.store, object, 1, 3)).toString()).toBe('el');
  });

  it('deletes some and refuses others: that is an error, unless they were not there', async () => {
    const failing = (code: string): string =>
      `<DeleteResult><Error><Key>x</Key><Code>${code}</Code><Message>private words</Message></Error></DeleteResult>`;
    fake = await startFakeS3((request, response, time) => {
      request.resume().once('end', () => {
        response.writeHead(200, { 'content-type': 'application/xml' });
        response.end(failing(time === 1 ? 'AccessDenied' : 'NoSuchKey'));
      });
    });
    expect(await faultOf(fake.store.delete(object.key))).toMatchObject({
      operation: 'DeleteObjects',
      code: 'AccessDenied',
    });
    await fake.store.delete(object.key);
  });

  it('shows nobody a key, a signature or what the store says besides its code', async () => {
    fake = await startFakeS3((_request, response) => s3Error(response, 403, 'AccessDenied'));
    const fault = await faultOf(bytesOf(fake.store, object));
    const shown = inspect(fault, { depth: 10, showHidden: true }) + JSON.stringify(fault);
    for (const secret of ['the-secret', 'Signature', 'private words']) expect(shown).not.toContain(secret);
    expect(fault.message).toBe('The object store did not do GetObject: AccessDenied (HTTP 403).');
    expect(String(fake.asked[0]?.headers.authorization)).toContain('Signature=');
  });
});
