import { z } from 'zod';
import { faultpoint } from '../../../platform/faultpoint.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { ServiceAccount } from '../domain/serviceAccount.js';
import type { CredentialFile, Ports, Stores } from './ports.js';

/** Why the configured service account cannot be made, in a sentence. */
export class ServiceAccountError extends Error {
  override readonly name = 'ServiceAccountError';
}

/** What stands in its file; `clusterId` where it is bound to one cluster, so that a controller takes the file as it is. */
const fileSchema = z.object({
  clientId: z.literal(wellKnown.serviceAccountFirst),
  clientSecret: z.string().regex(/^tgs_[\w-]{43}$/),
});

/**
 * Makes the service account that is configured, once for all: what is configured later changes nothing, and a file that
 * was put away is not written again (an operator rotates the secret). A file that stands there already is taken at its
 * word and never overwritten: it is of a start that died before its commit, or was brought along by who deploys.
 * @returns the account's id where it was made now, else null
 * @throws ServiceAccountError where the name is another's, or the file is no such credential
 */
export async function ensureServiceAccount(
  ports: Pick<Ports, 'secrets' | 'clock'> & { readonly file: CredentialFile },
  stores: Pick<Stores, 'serviceAccounts'>,
  wish: Pick<ServiceAccount, 'name' | 'scopes' | 'clusterIds'>,
): Promise<string | null> {
  const id = wellKnown.serviceAccountFirst;
  if ((await stores.serviceAccounts.find(id)) !== null) return null;
  const clientSecret = (await foundSecret(ports.file)) ?? ports.secrets.newToken('tgs');
  const account = { ...wish, id, createdAt: ports.clock.now(), lastUsedAt: null, disabledAt: null };
  if (!(await stores.serviceAccounts.insert(account, ports.secrets.digest(clientSecret)))) {
    throw new ServiceAccountError('a service account of that name is there already; choose another name');
  }
  if (!(await ports.file.exists())) {
    const [clusterId, ...more] = wish.clusterIds;
    const cluster = clusterId === undefined || more.length > 0 ? {} : { clusterId };
    await ports.file.write({ clientId: id, clientSecret, ...cluster });
  }
  await faultpoint('identity.firstBoot.afterServiceAccountFile');
  return id;
}

async function foundSecret(file: CredentialFile): Promise<string | null> {
  const found = await file.read();
  if (found === null) return null;
  const parsed = fileSchema.safeParse(found);
  if (parsed.success) return parsed.data.clientSecret;
  throw new ServiceAccountError('service-account.json in the data folder is no credential of it; move that file away');
}
