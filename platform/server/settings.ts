import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ServiceKeys } from '../auth/serviceKeys.js';
import type { ServiceName, SubgraphName } from '../kernel/services.js';

/** What every service is a function of; each adds its own from its config.ts. */
export interface ServiceSettings {
  readonly service: ServiceName;
  /** The data directory (TOLLGATE_HOME). */
  readonly home: string;
  /** The address to listen on. */
  readonly host: string;
  /** The port to listen on; 0: any free one. */
  readonly port: number;
  /** The issuer of access tokens. */
  readonly issuer: string;
  /** The address that clients reach the gateway at, which may listen on any free port; absent: the issuer. */
  gatewayUrl?(): Promise<string>;
  /** The service's own database; the gateway has none. */
  readonly database: DatabaseUrls;
  /** Where a peer listens now; asked at each call, since processes restart on other ports. */
  peerUrl(target: SubgraphName): Promise<string>;
  readonly keys: ServiceKeys;
  /** What was configured, by the variables' names; each service reads its own from it (config.ts). */
  readonly variables: Variables;
  /** Fires when it shall end, while it starts already: then what it waits for is not waited for. */
  readonly stopping?: AbortSignal | undefined;
}

/** Settings by their variables' names, wherever they were written. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** The two roles of a database: the owner migrates and disconnects, the app role serves. */
export interface DatabaseUrls {
  readonly ownerUrl: string;
  readonly appUrl: string;
}

/** A service that runs in this process. */
export interface RunningService {
  readonly name: ServiceName;
  readonly url: string;
  /** Has it say that it goes: it is not ready any more, and its answers end their connections. It still serves. */
  retire(): void;
  /** Drains and ends it. */
  stop(): Promise<void>;
}

/** Where data is kept when TOLLGATE_HOME is not set: the system's state directory for root, else below the home. */
export const defaultHome = (uid: number | undefined): string =>
  uid === 0 ? '/var/lib/tollgate' : join(homedir(), '.tollgate');
