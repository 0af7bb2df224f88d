import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** A peer whose machine takes connections and what is sent, and whose process says nothing (SIGSTOP, for example). */
export interface SilentPeer {
  readonly url: string;
  /** How many requests came so far. */
  asked(): number;
  /** Ends it; a connection that is open breaks. */
  stop(): Promise<void>;
}

/** Starts one, of plain TCP, on a free port of the loopback address. */
export async function startSilentPeer(): Promise<SilentPeer> {
  const sockets = new Set<Socket>();
  let asked = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      asked += bytes.toString('latin1').match(/ HTTP\/1\.1\r\n/g)?.length ?? 0;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
