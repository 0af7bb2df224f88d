import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '../../../platform/kernel/ids.js';

/** What a call to the stand-in carried. */
export interface PeerRequest {
  readonly field: string;
  readonly input: Record<string, unknown>;
  readonly token: string | null;
}

/** Accounting and storage in one, over HTTP: answers what compute asks for, and can be down. */
export interface FakePeerServer {
  readonly url: string;
  readonly requests: PeerRequest[];
  /** Mutations that answer nothing, by name. */
  readonly down: Set<string>;
  /** The refusal that a mutation answers, by name. */
  readonly refusals: Map<string, object>;
  stop(): Promise<void>;
}

const FIELDS = ['placeHold', 'captureHold', 'releaseHold', 'pinJobInput', 'unpinJobInputs', 'signJobInputs'];

/** Starts one on a free port. */
export async function startFakePeerServer(): Promise<FakePeerServer> {
  const holds = new Map<unknown, string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
        query: string;
        variables: { input: Record<string, unknown> };
      };
      const field = FIELDS.find((name) => query.includes(`${name}(`)) ?? '';
      fake.requests.push({
        field,
        input: variables.input,
        token: request.headers.authorization?.replace('Bearer ', '') ?? null,
      });
      if (fake.down.has(field)) return void request.socket.destroy();
      response.setHeader('content-type', 'application/json');
      const refusal = fake.refusals.get(field);
      const payload = refusal === undefined ? { ...answer(field, variables.input), refusal: null } : { refusal };
      response.end(JSON.stringify({ data: { [field]: payload } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakePeerServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    down: new Set(),
    refusals: new Map(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return fake;

  function answer(field: string, input: Record<string, unknown>): object {
    if (field === 'pinJobInput') return { input: { as: input['as'] } };
    if (field === 'unpinJobInputs') return { inputs: [] };
    if (field === 'signJobInputs') {
      return { inputs: [{ as: 'data.bin', url: 'http://storage.test/data.bin', sha256: 'ab'.repeat(32) }] };
    }
    if (field !== 'placeHold') return { hold: { id: input['holdId'] } };
    const id = holds.get(input['idempotencyKey']) ?? newId('hold');
    holds.set(input['idempotencyKey'], id);
    return { hold: { id } };
  }
}
