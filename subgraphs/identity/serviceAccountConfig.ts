import { z } from 'zod';
import { isId } from '../../platform/kernel/ids.js';
import { parseLine } from '../../platform/kernel/text.js';
import { identityLimits } from './domain/limits.js';
import { allScopes, narrowScopes } from './domain/scopes.js';
import type { ServiceAccount } from './domain/serviceAccount.js';

/** The service account that a start makes where there is none yet. */
export type ServiceAccountConfig = Pick<ServiceAccount, 'name' | 'scopes' | 'clusterIds'>;

const listed = (text: string): readonly string[] => [...new Set(text.split(',').filter(Boolean))];

/** The variables of the first service account; none of them counts without a name. */
export const serviceAccountVariables = z.object({
  IDENTITY_SERVICE_ACCOUNT_NAME: z
    .string()
    .refine((name) => parseLine(name, []).ok)
    .optional(),
  IDENTITY_SERVICE_ACCOUNT_SCOPES: z.string().transform(listed).refine(areScopes).optional(),
  IDENTITY_SERVICE_ACCOUNT_CLUSTER_IDS: z.string().transform(listed).refine(areClusters).optional(),
});

/** What each may be, in words. */
export const serviceAccountRemedies: Readonly<Record<string, string>> = {
  IDENTITY_SERVICE_ACCOUNT_NAME: 'one line of text without spaces at its ends',
  IDENTITY_SERVICE_ACCOUNT_SCOPES: `(with IDENTITY_SERVICE_ACCOUNT_NAME) some of ${allScopes.join(', ')}`,
  IDENTITY_SERVICE_ACCOUNT_CLUSTER_IDS: `at most ${identityLimits.clusterIdsMax} ids of clusters, separated by commas`,
};

/** What is to be made; null where no name is said; the variable that is missing, where one is. */
export function toServiceAccountConfig(
  values: z.infer<typeof serviceAccountVariables>,
): ServiceAccountConfig | null | { readonly missing: string } {
  const { IDENTITY_SERVICE_ACCOUNT_NAME: name, IDENTITY_SERVICE_ACCOUNT_SCOPES: scopes } = values;
  if (name === undefined) return null;
  if (scopes === undefined) return { missing: 'IDENTITY_SERVICE_ACCOUNT_SCOPES' };
  return { name, scopes, clusterIds: values.IDENTITY_SERVICE_ACCOUNT_CLUSTER_IDS ?? [] };
}

function areScopes(scopes: readonly string[]): boolean {
  return scopes.length > 0 && narrowScopes(scopes, allScopes) !== null;
}

function areClusters(ids: readonly string[]): boolean {
  return ids.length <= identityLimits.clusterIdsMax && ids.every((id) => isId('cluster', id));
}
