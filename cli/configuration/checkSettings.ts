import { readCrossOrigins } from '../../platform/server/crossOrigin.js';
import type { Variables } from '../../platform/server/settings.js';
import { type Environment, readEnvironment } from '../environment.js';
import { ConfigurationError } from './configurationError.js';
import type { EffectiveSettings } from './effectiveSettings.js';

/**
 * Checks all that was configured, whichever services are to run: a mistake is told at the start and not when its service
 * is needed. Credentials are resolved already.
 * @throws ConfigurationError with a sentence for each reader that found something wrong
 */
export async function checkSettings(
  { inOperatorsWords }: EffectiveSettings,
  variables: Variables,
  uid: number | undefined,
): Promise<Environment> {
  // By what each begins with: several readers look at the same variable.
  const faults = new Map<string, string>();
  const read = async <Value>(reader: () => Value | Promise<Value>): Promise<Value | null> => {
    try {
      return await reader();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const about = error.message.split(' ')[0] ?? '';
      if (!faults.has(about)) faults.set(about, inOperatorsWords(error.message));
      return null;
    }
  };
  const environment = await read(() => readEnvironment(variables, uid));
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
  await read(() => readCrossOrigins(variables));
  await read(() => gateway.loadGatewayConfig(variables, {}));
  await read(() => identity.readIdentityConfig(variables));
  await read(() => access.readAccessConfig(variables));
  await read(() => accounting.readAccountingConfig(variables));
  await read(() => storage.readStorageConfig(home, variables));
  await read(() => compute.readComputeConfig({ home, host, database: { appUrl, ownerUrl: appUrl } }, variables));
  if (environment === null || faults.size > 0) throw new ConfigurationError([...faults.values()]);
  return environment;
}
