import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeS3Client } from '../../../subgraphs/storage/persistence/objects/s3/s3Client.js';
import { s3Store } from '../../../subgraphs/storage/persistence/objects/s3/s3Store.js';
import type { ObjectStore } from '../../../subgraphs/storage/usecases/ports.js';

/** What a real object store does not do when it is told to: keep silent, break off, answer nonsense. */
export interface FakeS3 {
  readonly store: ObjectStore;
  readonly endpoint: string;
  /** What was asked, as `PUT /objects/...`. */
  readonly asked: readonly IncomingMessage[];
  /** Connections that are open now. */
  openConnections(): number;
  stop(): Promise<void>;
}

/** A server that answers by `answer`, with a store in its bucket `objects`. @param silenceMs what the store bears of it */
export async function startFakeS3(
  answer: (request: IncomingMessage, response: ServerResponse, time: number) => void,
  silenceMs?: number,
): Promise<FakeS3> {
  const asked: IncomingMessage[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response, asked.length);
  });
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('error', () => undefined).on('close', () => (connections -= 1));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = makeS3Client({
    endpoint,
    region: 'us-east-1',
    bucket: 'objects',
    prefix: '',
    accessKeyId: 'KEY',
    secretAccessKey: 'the-secret-of-the-key',
    ca: null,
    pathStyle: true,
  });
  return {
    store: s3Store({ client, bucket: 'objects', prefix: '', ...(silenceMs === undefined ? {} : { silenceMs }) }),
    endpoint,
    asked,
    openConnections: () => connections,
    async stop() {
      client.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An error as S3 tells it. */
export const s3Error = (response: ServerResponse, status: number, code: string): void =>
  void response
    .writeHead(status, { 'content-type': 'application/xml' })
    .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>private words</Message></Error>`);
