import { badUserInput } from './faults.js';
import { limits } from './limits.js';

/** A page that a list field was asked for. `after` is the decoded keyset position, null for the first page. */
export interface PageRequest {
  readonly first: number;
  readonly after: readonly string[] | null;
}

/** The arguments of every list field. */
export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

const PAGE_SIZE_DEFAULT = 20;

/** Makes an opaque cursor from the values of the sort key. */
export const encodeCursor = (position: readonly string[]): string =>
  Buffer.from(JSON.stringify(position)).toString('base64url');

/**
 * Checks the arguments of a list field.
 * @param keyLength how many values the list's sort key has
 * @throws Fault BAD_USER_INPUT for a size outside 1 to 100 or a cursor that this list did not give
 */
export function parsePage({ first, after }: PageArguments, keyLength: number): PageRequest {
  const size = first ?? PAGE_SIZE_DEFAULT;
  if (size < 1 || size > limits.pageSizeMax) throw badUserInput(`first must be 1 to ${limits.pageSizeMax}.`);
  return { first: size, after: after == null ? null : decodeCursor(after, keyLength) };
}

function decodeCursor(cursor: string, keyLength: number): readonly string[] {
  const forged = badUserInput('after is not a cursor of this list.');
  let position: unknown;
  try {
    position = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw forged;
  }
  if (!Array.isArray(position) || position.length !== keyLength) throw forged;
  // A NUL cannot stand in a PostgreSQL text and would surface as a fault of the database.
  if (!position.every((value): value is string => typeof value === 'string' && !value.includes('\0'))) throw forged;
  return position;
}
