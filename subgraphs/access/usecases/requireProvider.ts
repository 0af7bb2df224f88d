import type { Person } from '../../../platform/auth/viewer.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { groupsAdministeredBy } from '../../../platform/kernel/principal.js';
import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';

/**
 * The group that somebody publishes for: the one that is named, or the only one whose ADMIN the person is.
 * Refusal INVALID_INPUT where it must be named.
 * @throws Fault NOT_FOUND for a group that is none of the person's, FORBIDDEN for its members
 */
export function requireProvider({ roles }: Person, providerId: string | null): Result<string, InvalidInput> {
  if (providerId !== null) {
    if (!isId('group', providerId) || !roles.has(providerId)) throw notFound('group');
    if (roles.get(providerId) !== 'ADMIN') throw forbidden("Only the provider's ADMINs publish its offers.");
    return ok(providerId);
  }
  const groups = groupsAdministeredBy({ roles });
  const [only] = groups;
  if (only === undefined) throw forbidden("Only a provider's ADMINs publish its offers.");
  return groups.length === 1 ? ok(only) : err(invalidInput(['providerId'], 'Say which of your groups gives it.'));
}
