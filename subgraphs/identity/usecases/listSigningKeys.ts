import { requireOperator } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput } from '../../../platform/kernel/faults.js';
import type { SigningKey } from '../domain/signingKey.js';
import type { ReadCall } from './call.js';
import { requireInPerson } from './inPerson.js';

/**
 * A page of all signing keys, the newest first, also those that are over; for operators in person, as their rotation is.
 * Faults: UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT.
 */
export async function listSigningKeys(
  { viewer, loaders }: ReadCall,
  page: PageArguments,
): Promise<Connection<SigningKey>> {
  requireOperator(requireInPerson(viewer));
  const request = parsePage(page, 2);
  const rows = await loaders.signingKeys({ after: positionOf(request.after), rows: request.first + 1 });
  return toConnection(rows, request, ({ createdAt, kid }) => [createdAt.toISOString(), kid]);
}

function positionOf(after: readonly string[] | null): Pick<SigningKey, 'createdAt' | 'kid'> | null {
  if (after === null) return null;
  const [at = '', kid = ''] = after;
  const createdAt = new Date(at);
  if (Number.isNaN(createdAt.getTime())) throw badUserInput('after is not a cursor of this list.');
  return { createdAt, kid };
}
