import { type Dispatcher, fetch } from 'undici';
import type { GraphAnswer, TourClient } from './stage.js';

const PATIENCE_MS = 30_000;

/**
 * A client over HTTP.
 * @param gatewayUrl http://host:port of the gateway, or https://
 * @param dispatcher whom it trusts there; absent: whom Node.js does
 */
export function httpClient(gatewayUrl: string, dispatcher?: Dispatcher): TourClient {
  const endpoint = new URL('/graphql', gatewayUrl);
  const trust = dispatcher === undefined ? {} : { dispatcher };
  return {
    async ask<Data>(document: string, variables: Readonly<Record<string, unknown>>, token: string | null) {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/graphql-response+json',
          'user-agent': 'tollgate-tour',
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query: document, variables }),
        signal: AbortSignal.timeout(PATIENCE_MS),
        ...trust,
      });
      const answer = (await response.json()) as Partial<GraphAnswer<Data>>;
      return { status: response.status, data: answer.data ?? null, errors: answer.errors ?? [] };
    },
    async put(url, headers, bytes) {
      const response = await fetch(url, {
        method: 'PUT',
        headers,
        body: bytes,
        signal: AbortSignal.timeout(PATIENCE_MS),
        ...trust,
      });
      await response.arrayBuffer();
      return response.status;
    },
    async get(url, range) {
      const response = await fetch(url, {
        headers: range === undefined ? {} : { range },
        signal: AbortSignal.timeout(PATIENCE_MS),
        ...trust,
      });
      return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
    },
  };
}
