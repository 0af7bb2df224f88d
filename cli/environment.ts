import { resolve } from 'node:path';
import { z } from 'zod';
import { controllerVariables, readControllerConfig } from '../controllers/local/config.js';
import { databaseAddressTrouble } from '../platform/database/databaseAddress.js';
import { httpAddress } from '../platform/kernel/httpAddress.js';
import { type ServiceName, type SubgraphName, serviceNames, subgraphNames } from '../platform/kernel/services.js';
import { ServiceStartError } from '../platform/server/runDirectory.js';
import { defaultHome, type Variables } from '../platform/server/settings.js';
import { type LogFile, readLogFile } from './logFile.js';

/** What the command line takes from the environment, checked as a whole. */
export interface Environment {
  /** All of it, for what each service reads by itself. */
  readonly variables: Variables;
  readonly home: string;
  readonly host: string;
  /** The gateway's port. */
  readonly gatewayPort: number;
  /** Ports of the subgraphs; 0: any free one. */
  readonly ports: Readonly<Record<SubgraphName, number>>;
  readonly logLevel: LogLevel;
  /** null: standard error. */
  readonly logFile: LogFile | null;
  /** The local controller's own variables, as they were set. */
  readonly controllerSettings: Readonly<Record<string, string>>;
  readonly issuer: string | null;
  readonly faults: string;
  /** How long what ends goes on serving, so that balancers and peers turn away from it first. */
  readonly drainMs: number;
  /** Addresses of peers that do not share this home: one, or one for each replica. */
  readonly peerUrls: Partial<Record<SubgraphName, readonly string[]>>;
  /** Databases that are not the embedded one. */
  readonly databases: Partial<Record<SubgraphName, { readonly ownerUrl: string; readonly appUrl: string }>>;
  readonly keyFiles: Partial<Record<ServiceName, string>>;
  readonly publicKeyFiles: Partial<Record<ServiceName, string>>;
  /** Certificates that are not where `tollgate init` puts them. */
  readonly certificateFiles: Partial<
    Record<ServiceName, { readonly certificateFile: string; readonly keyFile: string }>
  >;
  /** The private authority's certificates; null: those in the data folder. */
  readonly caFile: string | null;
  /** The gateway's address for those that do not share this home. */
  readonly gatewayUrl: string | null;
}

/** pino's names, and silent. */
export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;
/** How much is logged. */
export type LogLevel = (typeof logLevels)[number];

const GATEWAY_PORT_DEFAULT = 4000;
const port = z.coerce.number().int().min(0).max(65_535);
const drainSeconds = z.coerce.number().int().min(0).max(30);
const urls = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.array(httpAddress));
const databaseUrl = z.url({ protocol: /^postgres(ql)?$/ });

/**
 * Reads the environment once.
 * @throws ServiceStartError naming the variable that is wrong and what it must be
 */
export function readEnvironment(variables: Variables, uid: number | undefined): Environment {
  const read = <Value>(name: string, rule: z.ZodType<Value>, fallback: Value): Value => {
    const text = variables[name];
    if (text === undefined || text === '') return fallback;
    const parsed = rule.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new ServiceStartError(`${name} is not valid: ${parsed.error.issues[0]?.message ?? 'wrong form'}.`);
  };
  const each = <Name extends ServiceName, Value>(names: readonly Name[], value: (name: Name) => Value | undefined) =>
    Object.fromEntries(names.map((name) => [name, value(name)]).filter(([, found]) => found !== undefined)) as Partial<
      Record<Name, Value>
    >;
  const upper = (name: ServiceName): string => name.toUpperCase();
  const optional = (name: string, rule: z.ZodType<string>): string | undefined =>
    read<string | undefined>(name, rule, undefined);

  return Object.freeze({
    variables,
    home: resolve(read('TOLLGATE_HOME', z.string(), defaultHome(uid))),
    host: read('TOLLGATE_HOST', z.string(), '127.0.0.1'),
    gatewayPort: read('TOLLGATE_PORT', port, GATEWAY_PORT_DEFAULT),
    ports: Object.fromEntries(subgraphNames.map((name) => [name, read(`${upper(name)}_PORT`, port, 0)])) as Record<
      SubgraphName,
      number
    >,
    logLevel: read<LogLevel>('TOLLGATE_LOG_LEVEL', z.enum(logLevels), 'warn'),
    logFile: readLogFile(variables),
    controllerSettings: controllerSettingsOf(variables),
    // Tokens carry it as a name, and clients call the gateway by it: what goes there is as secret as what goes to a peer.
    issuer: optional('TOLLGATE_ISSUER', httpAddress) ?? null,
    faults: read('TOLLGATE_FAULTS', z.string(), ''),
    drainMs: read('TOLLGATE_DRAIN_SECONDS', drainSeconds, 0) * 1_000,
    peerUrls: each(subgraphNames, (name) => read<string[] | undefined>(`${upper(name)}_URL`, urls, undefined)),
    databases: each(subgraphNames, (name) => databaseOf(name, optional)),
    keyFiles: each(serviceNames, (name) => optional(`${upper(name)}_KEY_FILE`, z.string())),
    publicKeyFiles: each(serviceNames, (name) => optional(`${upper(name)}_PUBLIC_KEY_FILE`, z.string())),
    certificateFiles: each(serviceNames, (name) => certificateOf(name, optional)),
    caFile: optional('TOLLGATE_CA_FILE', z.string()) ?? null,
    gatewayUrl: optional('TOLLGATE_URL', httpAddress) ?? null,
  });

  function certificateOf(name: ServiceName, find: typeof optional) {
    const certificateFile = find(`${upper(name)}_CERTIFICATE_FILE`, z.string());
    const keyFile = find(`${upper(name)}_CERTIFICATE_KEY_FILE`, z.string());
    if (certificateFile === undefined && keyFile === undefined) return undefined;
    if (certificateFile === undefined || keyFile === undefined) {
      throw new ServiceStartError(
        `${upper(name)}_CERTIFICATE_FILE and ${upper(name)}_CERTIFICATE_KEY_FILE go together: the certificate and its key.`,
      );
    }
    return { certificateFile, keyFile };
  }

  function databaseOf(name: SubgraphName, find: typeof optional) {
    const appUrl = find(`${upper(name)}_DATABASE_URL`, databaseUrl);
    const ownerUrl = find(`${upper(name)}_MIGRATION_URL`, databaseUrl);
    if (appUrl === undefined && ownerUrl === undefined) return undefined;
    if (appUrl === undefined || ownerUrl === undefined) {
      throw new ServiceStartError(
        `${upper(name)}_DATABASE_URL and ${upper(name)}_MIGRATION_URL go together: the serving role and the owner.`,
      );
    }
    for (const [variable, address] of Object.entries({ DATABASE_URL: appUrl, MIGRATION_URL: ownerUrl })) {
      const trouble = databaseAddressTrouble(address);
      if (trouble !== null) throw new ServiceStartError(`${upper(name)}_${variable} ${trouble}.`);
    }
    return { appUrl, ownerUrl };
  }
}

/** The controller reads them itself, in a process of its own; here they are checked, so that a wrong one is told once. */
function controllerSettingsOf(variables: Variables): Readonly<Record<string, string>> {
  const settings: Record<string, string> = {};
  for (const name of controllerVariables) {
    const text = variables[name];
    if (text !== undefined) settings[name] = text;
  }
  try {
    readControllerConfig(settings);
  } catch (error) {
    throw new ServiceStartError(error instanceof Error ? error.message : String(error));
  }
  return settings;
}
