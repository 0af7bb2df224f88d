import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drain, listen, makeHttpServer } from '../../../platform/server/httpServer.js';
import { makeLogger } from '../../../platform/server/log.js';
import { dataPlane } from '../../../subgraphs/storage/data/dataPlane.js';
import type { UseCases } from '../../../subgraphs/storage/subgraph.js';
import type { PartRequest } from '../../../subgraphs/storage/usecases/receivePart.js';
import { codeOf, put, someBytes } from '../support/storage.js';

/** A store that fails as soon as so many chunks came. */
const failingAfter = (chunks: number) => async (request: PartRequest) => {
  let came = 0;
  for await (const _chunk of request.body) {
    came += 1;
    if (came > chunks) throw new Error('the store is away');
  }
  throw new Error('the store is away');
};

/** A store that fails while it still waits for a chunk. */
const failingInTheMiddle = async ({ body }: PartRequest) => {
  const chunks = body[Symbol.asyncIterator]();
  await chunks.next();
  void chunks.next();
  await Promise.resolve();
  setImmediate(() => void chunks.return?.());
  throw new Error('the store is away');
};

describe('a part whose store fails', () => {
  let app: ReturnType<typeof makeHttpServer>;
  let url: string;
  let chunks = 0;
  beforeEach(async () => {
    app = makeHttpServer(1_000);
    const receivePart: UseCases['receivePart'] = (request) =>
      chunks < 0 ? failingInTheMiddle(request) : failingAfter(chunks)(request);
    dataPlane({ receivePart } as UseCases, makeLogger('storage', 'silent'))(app);
    url = `${await listen(app, '127.0.0.1', 0, 'PORT')}/data/uploads/upl_1/parts/1`;
  });
  afterEach(() => drain(app));

  it.each([
    [1_000, 0],
    [300_000, 0],
    [8_000_000, 5],
    [1_000, 100],
    [300_000, -1],
    [8_000_000, -1],
  ])('of %d bytes, after %d chunks (-1: with one still asked for), is answered all the same', async (bytes, after) => {
    chunks = after;
    for (let time = 0; time < 3; time += 1) {
      const answer = await put(url, someBytes(bytes));
      expect([answer.status, await codeOf(answer)]).toEqual([500, 'INTERNAL']);
    }
  });
});
