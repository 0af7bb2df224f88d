import net from 'node:net';
import tls from 'node:tls';
import { Client, ResultCodeError } from 'ldapts';
import { Fault, rateLimited } from '../../../../platform/kernel/faults.js';
import type { DirectoryConfig } from '../../directoryConfig.js';
import { identityLimits } from '../../domain/limits.js';
import { DirectoryUnavailable } from '../../usecases/ports/directory.js';

/** Where a directory is and whom to trust there. */
type Address = Pick<DirectoryConfig, 'url' | 'startTls' | 'ca'>;

/** Runs work on a connection of its own, which is encrypted where it must be and ended afterwards. */
export type Converse = <Value>(work: (client: Client) => Promise<Value>) => Promise<Value>;

/**
 * Conversations with the directory, each on a connection of its own and within a few seconds. Whatever goes wrong, and
 * whatever the directory's text about it says, becomes DirectoryUnavailable with a short cause for the log.
 */
export function conversations(address: Address): Converse {
  let running = 0;
  return async (work) => {
    if (running >= identityLimits.directoryConversationsMax) throw rateLimited(1);
    running += 1;
    const { client, end } = makeClient(address);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new DirectoryUnavailable('too slow')), identityLimits.directoryConversationMs);
    });
    try {
      return await Promise.race([talk(client, address, work), late]);
    } catch (error) {
      if (error instanceof DirectoryUnavailable || error instanceof Fault) throw error;
      throw new DirectoryUnavailable(causeOf(error));
    } finally {
      clearTimeout(timer);
      end();
      running -= 1;
    }
  };
}

async function talk<Value>(
  client: Client,
  { url, startTls, ca }: Address,
  work: (client: Client) => Promise<Value>,
): Promise<Value> {
  if (startTls) {
    await client.startTLS(tlsOptions(url, ca));
    // The library keeps what came in the clear behind the answer to StartTLS, and would read it as the beginning of the
    // next answer: whoever is in between could say that a password is right. (RFC 4511, section 4.14.1: nothing may come.)
    const kept = client['messageParser']['buffer'];
    if (kept !== undefined) throw new DirectoryUnavailable('more than StartTLS in the clear');
  }
  return work(client);
}

/**
 * A client that connects once. The library gives a connection up where an answer is late, and opens another with the
 * next question, but without StartTLS: a password would cross the network in the clear.
 */
function makeClient({ url, ca }: Address): { readonly client: Client; end(): void } {
  const sockets = new Map<'tcp' | 'tls', net.Socket>();
  const once = <Socket extends net.Socket>(kind: 'tcp' | 'tls', make: () => Socket): Socket => {
    if (sockets.has(kind)) throw new DirectoryUnavailable('connection lost');
    const socket = make();
    sockets.set(kind, socket);
    return socket;
  };
  // The library calls each with the arguments of one of the overloads; they are passed on as they come.
  type Arguments = [number, string];
  const createConnection = (...words: Arguments) => once('tcp', () => net.connect(...words));
  const createSecureConnection = (...words: [tls.ConnectionOptions]) => once('tls', () => tls.connect(...words));
  const client = new Client({
    url,
    timeout: identityLimits.directoryOperationMs,
    connectTimeout: identityLimits.directoryConnectMs,
    createConnection: createConnection as typeof net.connect,
    createSecureConnection: createSecureConnection as typeof tls.connect,
    ...(url.startsWith('ldaps:') ? { tlsOptions: tlsOptions(url, ca) } : {}),
  });
  return {
    client,
    end() {
      client.unbind().catch(() => undefined);
      for (const socket of sockets.values()) socket.destroySoon();
    },
  };
}

/** The certificate must be signed by a trusted one and name the host of the address, with StartTLS as with ldaps. */
function tlsOptions(url: string, ca: string | null): tls.ConnectionOptions {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return {
    host,
    minVersion: 'TLSv1.2',
    ...(net.isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === null ? {} : { ca }),
  };
}

/** A result code of LDAP or a code of the system: never the directory's text, which may quote names. */
function causeOf(error: unknown): string {
  if (error instanceof ResultCodeError) return `LDAP result ${error.code}`;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'connection lost';
}
