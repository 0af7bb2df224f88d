import { idempotencyScope, requireOperator } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { isId } from '../../../platform/kernel/ids.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { identityLimits } from '../domain/limits.js';
import { allScopes, narrowScopes } from '../domain/scopes.js';
import type { ServiceAccount } from '../domain/serviceAccount.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { Ports } from './ports.js';
import { findByKey, type ShownSecret } from './shownSecret.js';

/** Input of `createServiceAccount`. */
interface CreateServiceAccountInput {
  readonly idempotencyKey: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly clusterIds?: readonly string[] | null | undefined;
}

/**
 * For operators: makes a service account, with a secret that is shown this once and kept nowhere.
 * Refusals: INVALID_INPUT (name, an unknown scope, what is no cluster's id), NAME_TAKEN, IDEMPOTENCY_KEY_REUSED.
 * Faults: UNAUTHENTICATED, FORBIDDEN.
 */
export const createServiceAccount =
  (ports: Ports) =>
  async (input: CreateServiceAccountInput, call: Call): Promise<Result<ShownSecret, Refusal>> => {
    const operator = requireOperator(call.viewer);
    const operation = 'createServiceAccount';
    await faultpoint('identity.createServiceAccount.beforeCommit');
    const created = await ports.database.transaction((stores) =>
      stores.once<ShownSecret>(
        { scope: idempotencyScope(operator), key: input.idempotencyKey, operation, input },
        async () => {
          const parsed = parseServiceAccount(input);
          if (!parsed.ok) return parsed;
          const createdAt = ports.clock.now();
          const id = ports.newId('serviceAccount');
          const serviceAccount = { ...parsed.value, id, createdAt, lastUsedAt: null, disabledAt: null };
          const clientSecret = ports.secrets.newToken('tgs');
          if (!(await stores.serviceAccounts.insert(serviceAccount, ports.secrets.digest(clientSecret)))) {
            return err(refused('NAME_TAKEN', 'Another service account has this name. Choose another.'));
          }
          const detail = { scopes: serviceAccount.scopes.join(' '), clusters: serviceAccount.clusterIds.join(' ') };
          const entry = { action: operation, target: serviceAccount.id, outcome: 'OK', detail };
          await stores.audit.write(auditEntry(call, entry));
          return ok({ serviceAccount, clientSecret });
        },
        findByKey(stores),
      ),
    );
    await faultpoint('identity.createServiceAccount.afterCommit');
    return created;
  };

function parseServiceAccount(
  input: CreateServiceAccountInput,
): Result<Pick<ServiceAccount, 'name' | 'scopes' | 'clusterIds'>, Refusal> {
  const name = parseLine(input.name, ['name']);
  if (!name.ok) return name;
  const scopes = input.scopes.length > identityLimits.scopesMax ? null : narrowScopes(input.scopes, allScopes);
  if (scopes === null) return err(invalidInput(['scopes'], `scopes are some of: ${allScopes.join(' ')}.`));
  const clusterIds = [...new Set(input.clusterIds ?? [])];
  if (clusterIds.length > identityLimits.clusterIdsMax || !clusterIds.every((id) => isId('cluster', id))) {
    const message = `clusterIds are at most ${identityLimits.clusterIdsMax} ids of clusters.`;
    return err(invalidInput(['clusterIds'], message));
  }
  return ok({ name: name.value, scopes, clusterIds });
}
