import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, put, putParts, StorageBench, sha256, someBytes, type TestPerson } from './support/storage.js';

const MIB = 1_048_576;

describe('bytes in and out', () => {
  let bench: StorageBench;
  let person: TestPerson;
  let driveId: string;

  beforeAll(async () => {
    bench = await StorageBench.start();
    person = await bench.person();
    driveId = (await bench.drive(person.userId)).id;
  });
  afterAll(() => bench.stop());

  it('takes 12 MiB in parts and gives the same bytes back', async () => {
    const bytes = someBytes(12 * MIB);
    const upload = await bench.begun(person.token, driveId, 'data/große Messung.csv', bytes);
    expect(upload.parts.map(({ size }) => Number(size))).toEqual([8 * MIB, 4 * MIB]);
    await putParts(upload, bytes);
    const { file } = await bench.complete(person.token, upload.id);
    expect(file).toMatchObject({ path: 'data/große Messung.csv', size: String(bytes.length), sha256: sha256(bytes) });

    const answer = await fetch(await bench.urlOf(person.token, file?.id ?? ''));
    expect(answer.status).toBe(200);
    expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(sha256(bytes));
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      etag: `"${sha256(bytes)}"`,
      'accept-ranges': 'bytes',
      'content-length': String(bytes.length),
      'content-type': 'text/csv; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'content-disposition': `attachment; filename="gro_e Messung.csv"; filename*=UTF-8''gro%C3%9Fe%20Messung.csv`,
    });
  });

  it('serves ranges across parts and frames', async () => {
    const bytes = someBytes(9 * MIB + 17);
    const file = await bench.upload(person.token, driveId, 'ranges.bin', bytes);
    const url = await bench.urlOf(person.token, file.id);
    const cases: [string, number, number][] = [
      ['bytes=0-0', 0, 1],
      ['bytes=65535-65536', 65_535, 65_537],
      [`bytes=${8 * MIB - 1}-${8 * MIB}`, 8 * MIB - 1, 8 * MIB + 1],
      ['bytes=-17', bytes.length - 17, bytes.length],
      [`bytes=${9 * MIB}-`, 9 * MIB, bytes.length],
      [`bytes=100-${10 ** 14}`, 100, bytes.length],
    ];
    for (const [range, start, end] of cases) {
      const answer = await fetch(url, { headers: { range } });
      expect(answer.status, range).toBe(206);
      expect(answer.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${bytes.length}`);
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes.subarray(start, end)), range).toBe(true);
    }
    const beyond = await fetch(url, { headers: { range: `bytes=${bytes.length}-` } });
    expect([beyond.status, await codeOf(beyond)]).toEqual([416, 'RANGE_NOT_SATISFIABLE']);
    const many = await fetch(url, { headers: { range: `bytes=${Array(1_000).fill('0-0').join(',')}` } });
    expect([many.status, (await many.arrayBuffer()).byteLength]).toEqual([200, bytes.length]);
  });

  it('answers HEAD and conditions without bytes', async () => {
    const bytes = someBytes(1_000);
    const file = await bench.upload(person.token, driveId, 'conditions.bin', bytes);
    const url = await bench.urlOf(person.token, file.id);
    const tag = `"${sha256(bytes)}"`;
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '1000', '']);
    const statusWith = async (headers: Record<string, string>) => (await fetch(url, { headers })).status;
    expect(await statusWith({ 'if-none-match': tag })).toBe(304);
    expect(await statusWith({ 'if-none-match': '"other"' })).toBe(200);
    expect(await statusWith({ 'if-match': '"other"' })).toBe(412);
    expect(await statusWith({ 'if-match': `"other", ${tag}` })).toBe(200);
    expect(await statusWith({ range: 'bytes=0-1', 'if-range': tag })).toBe(206);
    expect(await statusWith({ range: 'bytes=0-1', 'if-range': '"other"' })).toBe(200);
  });

  it('takes an empty file without any part', async () => {
    const upload = await bench.begun(person.token, driveId, 'empty.txt', Buffer.alloc(0));
    expect(upload.parts).toEqual([]);
    const { file } = await bench.complete(person.token, upload.id);
    const answer = await fetch(await bench.urlOf(person.token, file?.id ?? ''));
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it('makes HTML an attachment that no browser runs', async () => {
    const file = await bench.upload(person.token, driveId, 'page.html', Buffer.from('<script>alert(1)</script>'));
    const { headers } = await fetch(await bench.urlOf(person.token, file.id));
    expect(headers.get('content-disposition')).toMatch(/^attachment;/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain('sandbox');
  });

  it('takes parts in any order, twice, and in parallel; the newest counts', async () => {
    const bytes = someBytes(21 * MIB);
    const upload = await bench.begun(person.token, driveId, 'order.bin', bytes, 5 * MIB);
    const slice = (number: number) => bytes.subarray((number - 1) * 5 * MIB, number * 5 * MIB);
    const [one, two, ...others] = upload.parts;
    expect((await put(two?.url ?? '', someBytes(5 * MIB))).status).toBe(200);
    expect((await put(one?.url ?? '', slice(1))).status).toBe(200);
    await Promise.all(others.map(({ url, number }) => put(url, slice(number))));
    expect((await bench.complete(person.token, upload.id)).refusal?.code).toBe('CHECKSUM_MISMATCH');
    const again = await put(two?.url ?? '', slice(2));
    expect(await again.json()).toEqual({ number: 2, bytes: 5 * MIB, sha256: sha256(slice(2)) });
    expect((await bench.complete(person.token, upload.id)).file?.sha256).toBe(sha256(bytes));
  });

  it('refuses a part of another length and keeps nothing of it', async () => {
    const bytes = someBytes(1_000);
    const upload = await bench.begun(person.token, driveId, 'length.bin', bytes);
    const url = upload.parts[0]?.url ?? '';
    for (const wrong of [999, 1_001]) {
      const answer = await put(
        url,
        bytes.length > wrong ? bytes.subarray(0, wrong) : Buffer.concat([bytes, bytes.subarray(0, 1)]),
      );
      expect([answer.status, await codeOf(answer)]).toEqual([400, 'LENGTH_MISMATCH']);
    }
    const chunked = await fetch(url, {
      method: 'PUT',
      body: new ReadableStream({
        start(controller) {
          controller.enqueue(bytes);
          controller.enqueue(bytes);
          controller.close();
        },
      }),
      duplex: 'half',
    } as RequestInit);
    expect([chunked.status, await codeOf(chunked)]).toEqual([400, 'LENGTH_MISMATCH']);
    const { refusal } = await bench.complete(person.token, upload.id);
    expect(refusal?.code).toBe('PARTS_MISSING');
    expect(refusal?.message).toContain('1 of 1 parts');
  });

  it('keeps what arrived across a restart in the middle of an upload', async () => {
    const bytes = someBytes(12 * MIB);
    const key = 'restart';
    const input = {
      idempotencyKey: key,
      driveId,
      path: 'restart.bin',
      size: String(bytes.length),
      sha256: sha256(bytes),
    };
    const { upload } = await bench.begin(person.token, input);
    await put(upload?.parts[0]?.url ?? '', bytes.subarray(0, 8 * MIB));
    await bench.harness.restart();
    const resumed = (await bench.begin(person.token, input)).upload;
    expect(resumed?.id).toBe(upload?.id);
    expect(resumed?.parts.map(({ received }) => received)).toEqual([true, false]);
    await put(resumed?.parts[1]?.url ?? '', bytes.subarray(8 * MIB));
    const { file } = await bench.complete(person.token, upload?.id ?? '');
    const answer = await fetch(await bench.urlOf(person.token, file?.id ?? ''));
    expect(sha256(Buffer.from(await answer.arrayBuffer()))).toBe(sha256(bytes));
  });
});
