import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPair } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FEED_START, FeedRefused } from '../../../platform/auth/feedRow.js';
import type { ServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { httpFeedSource } from '../../../platform/peers/httpFeedSource.js';
import { connectPeer } from '../../../platform/peers/peer.js';
import { chooseAddress } from '../../../platform/peers/peerAddresses.js';
import type { ServiceSettings } from '../../../platform/server/settings.js';
import { type SilentPeer, startSilentPeer } from '../../support/silentPeer.js';

// What is asked of a replica that says nothing ends within its limits, which are short here: each test waits for that end.

let keys: ServiceKeys;
let silent: SilentPeer;
let server: Server;
let there: { readonly url: string; asked: number };
beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  keys = { service: 'accounting', privateKey, publicKeyOf: async () => publicKey };
});
beforeEach(async () => {
  silent = await startSilentPeer();
  server = createServer((request, response) => {
    there.asked += 1;
    const page = { isSameFeed: true, rows: [], head: 0 };
    response.end(JSON.stringify(request.url?.startsWith('/feed') ? page : { data: { answer: 42 } }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  there = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: 0 };
});
afterEach(async () => {
  await silent.stop();
  server.close().closeAllConnections();
});

/** A service whose peer has these addresses, of which the silent one comes first. */
function settingsOf(addresses: readonly string[]): ServiceSettings {
  let isFirst = true;
  return {
    service: 'accounting',
    home: '',
    host: '127.0.0.1',
    variables: {},
    port: 0,
    issuer: 'http://tollgate.test',
    database: { ownerUrl: '', appUrl: '' },
    async peerUrl() {
      if (!isFirst) return chooseAddress(addresses);
      isFirst = false;
      while (chooseAddress(addresses) !== silent.url);
      return silent.url;
    },
    keys,
  };
}
const twoReplicas = () => settingsOf([silent.url, there.url]);
const onlyIt = () => settingsOf([silent.url]);
const unavailable = { code: 'SUBGRAPH_UNAVAILABLE' };
const signal = new AbortController().signal;

describe('the feed', () => {
  it.each([0, 300])('is asked of another replica of identity, for a wait of %i ms', async (waitMs) => {
    const page = await httpFeedSource(twoReplicas(), 2_000).read(FEED_START, waitMs, signal);
    expect(page).toEqual({ isSameFeed: true, rows: [], head: 0 });
    expect([silent.asked(), there.asked]).toEqual([1, 1]);
  });

  it('is given up where there is no other, for the follower to tell and try again', async () => {
    const read = httpFeedSource(onlyIt(), 200).read(FEED_START, 0, signal);
    await expect(read).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(silent.asked()).toBe(2);
  });

  it('is refused where identity does not take the caller for the service that it says it is', async () => {
    const refusing = createServer((_request, response) => response.writeHead(401).end('{}')).listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const url = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
    const read = httpFeedSource({ ...onlyIt(), peerUrl: async () => url }).read(FEED_START, 0, signal);
    await expect(read).rejects.toThrow(/^identity answers and refuses the calls of accounting: /);
    await expect(read).rejects.toBeInstanceOf(FeedRefused);
    refusing.close().closeAllConnections();
  });

  it('is not asked for again where the follower stops', async () => {
    const stopping = new AbortController();
    const read = httpFeedSource(twoReplicas(), 60_000).read(FEED_START, 0, stopping.signal);
    const ended = expect(read).rejects.toMatchObject({ name: 'AbortError' });
    await expect.poll(silent.asked).toBe(1);
    stopping.abort();
    await ended;
    expect([silent.asked(), there.asked]).toEqual([1, 0]);
  });
});

describe('a call of another service', () => {
  const options = (ms: number) => ({ requestId: randomUUID(), deadlineAt: Date.now() + ms });

  it('that is a query is asked of another replica', async () => {
    const call = connectPeer(twoReplicas(), 'identity');
    expect(await call('query { answer }', {}, options(6_000))).toEqual({ answer: 42 });
    expect([silent.asked(), there.asked]).toEqual([1, 1]);
  });

  it('that is a mutation ends at its deadline, sent once: who asked repeats it with its key', async () => {
    const call = connectPeer(twoReplicas(), 'identity');
    await expect(call('mutation { answer }', {}, options(500))).rejects.toMatchObject(unavailable);
    expect([silent.asked(), there.asked]).toEqual([1, 0]);
  });

  it('ends at its deadline where there is no other replica', async () => {
    const call = connectPeer(onlyIt(), 'identity');
    await expect(call('query { answer }', {}, options(500))).rejects.toMatchObject(unavailable);
    expect(silent.asked()).toBe(1);
  });
});
