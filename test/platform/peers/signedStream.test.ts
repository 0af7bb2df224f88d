import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPair } from 'jose';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { chooseAddress } from '../../../platform/peers/peerAddresses.js';
import { type SignedRequest, signedRequest } from '../../../platform/peers/signedRequest.js';
import { DRAINING_HEADER } from '../../../platform/server/httpServer.js';
import { latch } from '../../support/latch.js';
import { freePort } from '../../support/program.js';

let keys: ServiceKeys;
const servers: Server[] = [];
beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  keys = { service: 'gateway', privateKey, publicKeyOf: async () => publicKey };
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

/** A replica of a service: what it does with a call, and how often it was called. */
async function replica(answers: RequestListener): Promise<{ url: string; calls: () => number }> {
  let calls = 0;
  const server = createServer((request, response) => {
    calls += 1;
    answers(request, response);
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls: () => calls };
}

const answering: RequestListener = (_request, response) => response.end('{}');
/** Takes the request and dies: whether it did the work is nobody's to know. */
const dying: RequestListener = (request) => request.socket.destroy();
const nowhere = async (): Promise<string> => `http://127.0.0.1:${await freePort()}`;

const call = (addresses: readonly string[], more: Partial<SignedRequest> = {}) =>
  signedRequest({
    keys,
    target: 'accounting',
    origin: async () => chooseAddress(addresses),
    method: 'POST',
    path: '/graphql',
    body: Buffer.from('{}'),
    token: null,
    headers: {},
    requestId: randomUUID(),
    clientIp: '',
    userAgent: '',
    signal: AbortSignal.timeout(60_000),
    ...more,
  });

describe('a call to a peer with replicas', () => {
  it('is answered by another where one cannot be reached, whatever it does', async () => {
    const there = await replica(answering);
    const addresses = [await nowhere(), there.url];
    for (let n = 0; n < 4; n += 1) expect((await call(addresses)).status).toBe(200);
    expect(there.calls()).toBe(4);
  });

  it('is not sent again where it may have arrived', async () => {
    const dead = await replica(dying);
    const there = await replica(answering);
    const outcomes = await Promise.allSettled([call([dead.url, there.url]), call([dead.url, there.url])]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect([dead.calls(), there.calls()]).toEqual([1, 1]);
  });

  it('is sent again where it changes nothing', async () => {
    const dead = await replica(dying);
    const there = await replica(answering);
    const addresses = [dead.url, there.url];
    const answers = await Promise.all([
      call(addresses, { isSafe: true }),
      call(addresses, { method: 'GET', body: null }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(there.calls()).toBe(2);
  });

  it('goes to another as soon as one says that it goes', async () => {
    const going = await replica((_request, response) => response.setHeader(DRAINING_HEADER, '1').end('{}'));
    const there = await replica(answering);
    for (let n = 0; n < 6; n += 1) await call([going.url, there.url]);
    expect(going.calls()).toBe(1);
    expect(there.calls()).toBe(5);
  });

  it('is asked of another where one keeps silent and it changes nothing, and the silent one rests', async () => {
    const silent = await replica(() => undefined);
    const there = await replica(answering);
    const addresses = [silent.url, there.url];
    for (let n = 0; n < 4; n += 1) {
      expect((await call(addresses, { isSafe: true, answerWithinMs: 3_000 })).status).toBe(200);
    }
    expect([silent.calls(), there.calls()]).toEqual([1, 4]);
  });

  it('is not sent again where one keeps silent and it may change something; that one rests after the deadline', async () => {
    const silent = await replica(() => undefined);
    const there = await replica(answering);
    const addresses = [silent.url, there.url];
    const order = [silent.url];
    chooseAddress(addresses);
    chooseAddress(addresses);
    const late = call(addresses, {
      origin: async () => order.pop() ?? there.url,
      answerWithinMs: 3_000,
      signal: AbortSignal.timeout(3_000),
    });
    await expect(late).rejects.toMatchObject({ name: 'TimeoutError' });
    expect([silent.calls(), there.calls()]).toEqual([1, 0]);
    for (let n = 0; n < 4; n += 1) expect((await call(addresses)).status).toBe(200);
    expect([silent.calls(), there.calls()]).toEqual([1, 4]);
  });

  it('that its client gives up is not held against the peer', async () => {
    const reached = latch();
    const slow = await replica(() => reached.open());
    const giving = new AbortController();
    const given = call([slow.url], { signal: giving.signal });
    await reached.opened;
    giving.abort();
    await expect(given).rejects.toMatchObject({ name: 'AbortError' });
    const addresses = [slow.url, 'http://another'];
    expect([chooseAddress(addresses), chooseAddress(addresses)].sort()).toEqual([...addresses].sort());
  });

  it('fails where none can be reached, and is not tried for ever', async () => {
    await expect(call([await nowhere(), await nowhere()])).rejects.toThrow('ECONNREFUSED');
  });
});

describe('a call that is refused', () => {
  it.each([
    [-90, ["accounting refuses a call, and its clock is 90 s behind this machine's"]],
    [90, ["accounting refuses a call, and its clock is 90 s ahead of this machine's"]],
    [0, []],
  ])('by a peer whose clock is %i s off: the caller says so', async (seconds, sentences) => {
    const peer = await replica((_request, response) => {
      response.writeHead(401, { date: new Date(Date.now() + seconds * 1_000).toUTCString() }).end('{}');
    });
    const told: string[] = [];
    const telling = { ...keys, tell: (sentence: string) => void told.push(sentence) };
    const { status } = await call([peer.url], { keys: telling });
    expect(status).toBe(401);
    // The header has whole seconds.
    expect(told.map((sentence) => sentence.replace(/\b(89|91) s/, '90 s').split(';')[0])).toEqual(sentences);
  });
});
