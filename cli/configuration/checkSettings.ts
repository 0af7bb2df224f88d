import { readCrossOrigins } from '../../platform/server/crossOrigin.js';
import type { Variables } from '../../platform/server/settings.js';
import { type Environment, readEnvironment } from '../environment.js';
import { ConfigurationError } from './configurationError.js';
import type { EffectiveSettings } from './effectiveSettings.js';
import { faultsOf } from './faultsOf.js';

/**
 * Checks all that was configured, whichever services are to run: a mistake is told at the start and not when its service
 * is needed. Credentials are resolved already.
 * @throws ConfigurationError with a sentence for each thing that is wrong, those of the file first
 */
export async function checkSettings(
  { inOperatorsWords }: EffectiveSettings,
  {
    variables,
    uid,
    faults: ofFile,
  }: {
    readonly variables: Variables;
    readonly uid: number | undefined;
    /** What is wrong with the file itself. */
    readonly faults: readonly string[];
  },
): Promise<Environment> {
  // By the variable that each begins with: several readers look at the same one.
  const faults = new Map<string, string>();
  const read = async <Value>(reader: (variables: Variables) => Value | Promise<Value>): Promise<Value | null> => {
    const found = await faultsOf(reader, variables);
    for (const [about, sentence] of found.faults) {
      if (!faults.has(about)) faults.set(about, inOperatorsWords(sentence));
    }
    return found.value;
  };
  const environment = await read((values) => readEnvironment(values, uid));
  const { home, host } = environment ?? { home: '/', host: '127.0.0.1' };
  // Loaded here and not above: they bring much along that only a start needs.
  const [gateway, identity, access, accounting, storage, compute] = await Promise.all([
    import('../../gateway/config.js'),
    import('../../subgraphs/identity/config.js'),
    import('../../subgraphs/access/config.js'),
    import('../../subgraphs/accounting/config.js'),
    import('../../subgraphs/storage/config.js'),
    import('../../subgraphs/compute/config.js'),
  ]);
  const appUrl = environment?.databases.compute?.appUrl ?? 'postgresql://127.0.0.1';
  await read(readCrossOrigins);
  await read((values) => gateway.loadGatewayConfig(values, {}));
  await read(identity.readIdentityConfig);
  await read(access.readAccessConfig);
  await read(accounting.readAccountingConfig);
  await read((values) => storage.readStorageConfig(home, values));
  await read((values) => compute.readComputeConfig({ home, host, database: { appUrl, ownerUrl: appUrl } }, values));
  const all = [...ofFile, ...faults.values()];
  if (environment === null || all.length > 0) throw new ConfigurationError(all);
  return environment;
}
