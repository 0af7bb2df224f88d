import { isOperator, refuseServices, requirePerson, type Viewer } from '../../../platform/auth/viewer.js';
import { groupsAdministeredBy } from '../../../platform/kernel/principal.js';
import type { ChargeFilter, ChargeSight } from './ports/charges.js';

/**
 * Which charges a viewer sees: operators all; a person what the person used or paid and, as ADMIN, what a group paid, by
 * whomever it was used, or earned as provider. A member sees the sums of the group that the filter names as long as nobody is
 * singled out: neither by the filter nor by USER, nor by GRANT, which one person alone may use.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN for programs
 */
export function chargeSightOf(viewer: Viewer, filter: ChargeFilter, singlesOut: boolean): ChargeSight {
  if (isOperator(viewer)) return { kind: 'ALL' };
  const person = requirePerson(viewer);
  refuseServices(person);
  const { groupId } = filter;
  const isGroupsSum =
    groupId != null && person.roles.has(groupId) && filter.userId == null && filter.grantId == null && !singlesOut;
  return {
    kind: 'SOME',
    userId: person.userId,
    administered: groupsAdministeredBy(person),
    totalsOf: isGroupsSum ? groupId : null,
  };
}
