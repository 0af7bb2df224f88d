import { randomUUID } from 'node:crypto';
import { loadServiceKeys } from '../../platform/auth/serviceKeys.js';
import { signedStream } from '../../platform/peers/signedStream.js';
import type { SubgraphHarness } from '../support/subgraph.js';

/** What a plain route answered. */
interface DocumentAnswer {
  readonly status: number;
  readonly contentType: string;
  /** What its file is to be called; empty where it is none. */
  readonly name: string;
  readonly text: string;
}

/** Reads a plain route of accounting as the gateway does for a client with this token. */
export async function readDocument(
  { settings, url }: SubgraphHarness,
  path: string,
  token: string | null,
): Promise<DocumentAnswer> {
  const { status, headers, body } = await signedStream({
    keys: await loadServiceKeys(settings.home, 'gateway'),
    target: 'accounting',
    origin: url,
    method: 'GET',
    path,
    body: null,
    token,
    headers: {},
    requestId: randomUUID(),
    clientIp: '192.0.2.1',
    userAgent: 'test',
    signal: AbortSignal.timeout(30_000),
  });
  return {
    status,
    contentType: String(headers['content-type'] ?? ''),
    name: /filename="(.*)"/.exec(String(headers['content-disposition'] ?? ''))?.[1] ?? '',
    text: (await body.toArray()).join(''),
  };
}
