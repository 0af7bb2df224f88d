import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { drain, listen, makeHttpServer } from '../../../platform/server/httpServer.js';
import { makeLogger } from '../../../platform/server/log.js';
import { answerContent } from '../../../subgraphs/storage/data/answerContent.js';
import type { Content } from '../../../subgraphs/storage/usecases/openContent.js';

const SIZE = 1_000_000_000_000;

/** More bytes than any buffer between server and client holds; tells when it is closed. */
function endless(onClosed: () => void): Content {
  return {
    outcome: 'WHOLE',
    path: 'a/b.bin',
    range: { start: 0, end: SIZE },
    version: {
      id: '1',
      fileId: '1',
      uploadId: '1',
      sizeBytes: BigInt(SIZE),
      sha256: '0'.repeat(64),
      contentType: 'application/octet-stream',
      createdAt: new Date(0),
    },
    async *bytes() {
      try {
        for (;;) yield new Uint8Array(65_536);
      } finally {
        onClosed();
      }
    },
  };
}

it('a download ends once its client has read nothing for a while', async () => {
  const app = makeHttpServer(1_000);
  let isClosed = false;
  const answered = new Promise<void>((resolve, reject) => {
    app.get('/', async (_request, reply) => {
      const content = endless(() => {
        isClosed = true;
      });
      await answerContent(reply, 'GET', content, makeLogger('storage', 'silent'), 300).then(() => resolve(), reject);
      return reply;
    });
  });
  const url = await listen(app, '127.0.0.1', 0, 'X_PORT');
  // Reads nothing, since nobody listens for its data.
  const reader = connect(Number(new URL(url).port), '127.0.0.1');
  await once(reader, 'connect');
  reader.write('GET / HTTP/1.1\r\nhost: tollgate\r\n\r\n');
  await answered;
  expect(isClosed).toBe(true);
  reader.destroy();
  await drain(app);
});
