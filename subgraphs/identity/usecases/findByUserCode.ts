import type { Person } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { userCodeLimits } from '../domain/throttle.js';
import { foldUserCode } from '../domain/userCode.js';
import type { Call } from './call.js';
import type { Ports } from './ports.js';
import { countOrRefuse, refuseIfSpent } from './throttling.js';

/**
 * Finds something by a user code as typed. A code that nobody was given is counted: who guesses has ten in a window.
 * @param find gives null where the code is nobody's, or not for this person to see
 * @throws Fault NOT_FOUND, RATE_LIMITED
 */
export async function findByUserCode<Found>(
  ports: Ports,
  { person, userCode, call }: { readonly person: Person; readonly userCode: string; readonly call: Call },
  find: (userCodeHash: Uint8Array) => Promise<Found | null>,
): Promise<Found> {
  const limits = userCodeLimits(person.userId, call.clientIp);
  const { failures } = ports.database;
  await refuseIfSpent(failures, limits, ports.clock.now());
  const folded = foldUserCode(userCode);
  const found = folded === null ? null : await find(ports.secrets.digest(folded));
  if (found !== null) return found;
  await countOrRefuse(failures, limits, ports.clock.now());
  throw notFound('device login');
}
