import { randomUUID } from 'node:crypto';
import { loadServiceKeys } from '../../platform/auth/serviceKeys.js';
import { signedRequest } from '../../platform/peers/signedRequest.js';
import type { SubgraphHarness } from '../support/subgraph.js';

/** What a plain route answered. */
interface DocumentAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Reads a plain route of accounting as the gateway does for a client with this token. */
export async function readDocument(
  { settings, url }: SubgraphHarness,
  path: string,
  token: string | null,
): Promise<DocumentAnswer> {
  const { status, contentType, body } = await signedRequest({
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
  return { status, contentType, text: body.toString('utf8') };
}
