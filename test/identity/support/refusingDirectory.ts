import { createServer, type Socket } from 'node:net';
import { readIdentityConfig } from '../../../subgraphs/identity/config.js';

/** A directory of nobody: whatever password it is shown is wrong, and whatever is searched is not there. */
export interface RefusingDirectory {
  /** Identity's configuration with it. */
  readonly config: ReturnType<typeof readIdentityConfig>;
  stop(): Promise<void>;
}

// RFC 4511: the tags of what is asked, each with its answer (resultCode, matchedDN, diagnosticMessage).
const ANSWERS = new Map([
  [0x60, [0x61, 7, 0x0a, 1, 49, 4, 0, 4, 0]],
  [0x63, [0x65, 7, 0x0a, 1, 0, 4, 0, 4, 0]],
]);

/** Starts one on the loopback address, without TLS and without a reader. */
export async function startRefusingDirectory(): Promise<RefusingDirectory> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (message) => {
      // A sequence: its length in one byte or in some that follow, then the message's id, then what is asked.
      const length = message[1] ?? 0;
      const start = length < 0x80 ? 2 : 2 + (length & 0x7f);
      const answer = ANSWERS.get(message[start + 3] ?? 0);
      const id = message[start + 2] ?? 0;
      if (answer !== undefined) socket.write(Buffer.from([0x30, 3 + answer.length, 2, 1, id, ...answer]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : null;
  return {
    config: readIdentityConfig({
      IDENTITY_LDAP_URL: `ldap://127.0.0.1:${port}`,
      IDENTITY_LDAP_STARTTLS: '0',
      IDENTITY_LDAP_BASE_DN: 'ou=people,dc=example,dc=org',
    }),
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
