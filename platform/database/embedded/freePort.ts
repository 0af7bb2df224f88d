import { createServer } from 'node:net';

/** @returns the wanted port of 127.0.0.1 if nobody listens there, else a free one of the system's choice */
export async function freePort(wanted: number | null): Promise<number> {
  return (await listenOnce(wanted ?? 0)) ?? (await listenOnce(0)) ?? 0;
}

async function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : undefined));
    });
  });
}
