import type { SubgraphName } from '../kernel/services.js';
import type { DatabaseUrls } from '../server/settings.js';
import { databasePlace } from './databasePlace.js';
import { DatabaseStartError } from './databaseStartError.js';
import { readOnlyError } from './readOnlyError.js';
import { sqlErrorCode } from './sqlErrorCode.js';

/** No right, or none to enter the schema that is worked in, which PostgreSQL then does not see. */
const REFUSALS: ReadonlySet<string> = new Set(['42501', '3F000']);

/**
 * What PostgreSQL refused a service's start for want of a right, or since it takes no writes, as a sentence for the operator.
 * @param by whose connection it was
 * @returns null for an error of another kind, or one that is a sentence already
 */
export function databaseRightsTrouble(
  error: unknown,
  { service, urls, by }: { readonly service: SubgraphName; readonly urls: DatabaseUrls; readonly by: 'owner' | 'app' },
): DatabaseStartError | null {
  if (error instanceof DatabaseStartError) return null;
  const isOwner = by === 'owner';
  const url = isOwner ? urls.ownerUrl : urls.appUrl;
  const variable = `${service.toUpperCase()}_${isOwner ? 'MIGRATION' : 'DATABASE'}_URL`;
  const code = sqlErrorCode(error);
  if (code === '25006') return readOnlyError(url, variable, error);
  if (code === undefined || !REFUSALS.has(code)) return null;
  const { place, database, role } = databasePlace(url);
  const remedy = isOwner
    ? `name the role in ${variable} that owns the database and its tables, or make this one that (ALTER DATABASE ${database} OWNER TO ${role})`
    : `name the role in ${variable} that the database was set up for, or give this one the same rights`;
  return new DatabaseStartError(
    `The role ${role} may not do its work in the database ${database} at ${place} (${serversWords(error)}); ${remedy}.`,
    { cause: error },
  );
}

/** What PostgreSQL itself said, however deep the libraries that hand it on have wrapped it. */
function serversWords(error: unknown): string {
  const { message, originalMessage, meta, cause } = error as {
    message?: string;
    originalMessage?: string;
    meta?: { driverAdapterError?: unknown };
    cause?: unknown;
  };
  if (originalMessage !== undefined) return originalMessage;
  const inner = meta?.driverAdapterError ?? cause;
  return inner === undefined ? (message ?? 'permission denied') : serversWords(inner);
}
