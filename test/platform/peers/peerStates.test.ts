import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { unavailable } from '../../../platform/kernel/faults.js';
import { peersOf, type ServiceName, type SubgraphName, serviceNames } from '../../../platform/kernel/services.js';
import { chooseAddress } from '../../../platform/peers/peerAddresses.js';
import { watchPeers } from '../../../platform/peers/peerStates.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

/** A peer's server. @param status null: it takes the question and never answers */
async function serve(status: number | null) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (status !== null) response.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const watch = (service: ServiceName, urlOf: (peer: SubgraphName) => string | null) =>
  watchPeers({
    service,
    keys: {} as Parameters<typeof watchPeers>[0]['keys'],
    peerUrl: async (peer) => {
      const url = urlOf(peer);
      if (url === null) throw unavailable(peer);
      return url;
    },
  });

describe('the peers of a service', () => {
  it.each(serviceNames)('are those that it calls: %s', async (service) => {
    const { url } = await serve(200);
    expect(await watch(service, () => url)()).toEqual(Object.fromEntries(peersOf[service].map((peer) => [peer, 'up'])));
  });

  it('are down where they answer otherwise, nobody listens, or they are nowhere', async () => {
    const [up, broken] = [await serve(200), await serve(500)];
    const states = watch('access', (peer) => {
      if (peer === 'identity') return up.url;
      if (peer === 'accounting') return broken.url;
      return peer === 'storage' ? 'http://127.0.0.1:1' : null;
    });
    expect(await states()).toEqual({ identity: 'up', accounting: 'down', storage: 'down', compute: 'down' });
    expect(up.asked).toEqual(['/health/live']);
  });

  it('are up while one of their replicas is, whichever would be asked next', async () => {
    const there = await serve(200);
    const states = watch('accounting', () => chooseAddress([there.url, 'http://127.0.0.1:1']));
    for (let look = 0; look < 4; look += 1) expect(await states()).toEqual({ identity: 'up' });
  });

  it('that keep silent are down after a second, and are asked once by many questions', async () => {
    const silent = await serve(null);
    const states = watch('accounting', () => silent.url);
    const answers = await Promise.all(Array.from({ length: 20 }, () => states()));
    expect(answers).toEqual(Array.from({ length: 20 }, () => ({ identity: 'down' })));
    expect(silent.asked).toHaveLength(1);
    await states();
    expect(silent.asked).toHaveLength(2);
  });
});
