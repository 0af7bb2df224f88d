import { setTimeout as sleep } from 'node:timers/promises';
import { type KeptServer, obtainServer, type ServerRecipe } from './obtainServer.js';
import { stopPostmaster } from './postmaster.js';

const retryMsFirst = 100;
const retryMsMax = 5_000;

/** A server that is brought back whenever it dies. */
export interface SupervisedServer {
  /** The present server process; 0 while there is none. */
  pid(): number;
  /** Ends the server for good. */
  stop(): Promise<void>;
}

/**
 * Watches the keeper's connection; when it ends, the server crashed or was killed, and it is started again on the same
 * port, which services know. Their pools reconnect by themselves.
 */
export function supervise(first: KeptServer, recipe: ServerRecipe): SupervisedServer {
  let current: KeptServer | undefined = first;
  const stopping = new AbortController();
  const watching = watch();

  async function watch(): Promise<void> {
    while (current !== undefined) {
      const { keeper, pid, port }: KeptServer = current;
      await keeper.gone;
      // From here on the number may be another process's.
      current = undefined;
      if (stopping.signal.aborted) return;
      recipe.log.warn(`the PostgreSQL server (process ${pid}) went away; bringing it back`);
      current = await bringBack(port);
    }
  }

  async function bringBack(port: number): Promise<KeptServer | undefined> {
    for (let retryMs = retryMsFirst; !stopping.signal.aborted; retryMs = Math.min(retryMs * 2, retryMsMax)) {
      try {
        const server = await obtainServer(recipe, { port, exactly: true });
        recipe.log.info(`the PostgreSQL server is back (process ${server.pid})`);
        if (stopping.signal.aborted) await stopPostmaster(server.pid);
        return server;
      } catch (error) {
        // Whatever it is (no space, no file handles), the next attempt may find it gone.
        recipe.log.error(error instanceof Error ? error.message : String(error));
        await sleep(retryMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  async function stop(): Promise<void> {
    stopping.abort();
    // The server ends with the keeper's connection: given up earlier, another start could come between.
    if (current !== undefined) await stopPostmaster(current.pid);
    await watching;
  }

  return { pid: () => current?.pid ?? 0, stop };
}
