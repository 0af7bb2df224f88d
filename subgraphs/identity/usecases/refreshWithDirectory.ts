import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, type Result } from '../../../platform/kernel/result.js';
import { identityLimits } from '../domain/limits.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { checkEntry } from './checkEntry.js';
import type { OpenSession } from './openSession.js';
import { DirectoryUnavailable } from './ports/directory.js';
import type { Ports } from './ports.js';

/** Input of `refreshSession`. */
interface RefreshSessionInput {
  readonly refreshToken: string;
}

/**
 * Looks at the directory before a session of one of its people is renewed: who is gone from it, or from a mapped group,
 * has lost what it gave when the new token is there.
 * Refusals: DIRECTORY_UNAVAILABLE, with the refresh token unspent, so that it can be tried again; else refresh's own.
 */
export const refreshWithDirectory =
  (ports: Ports, refresh: (input: RefreshSessionInput, call: Call) => Promise<Result<OpenSession, Refusal>>) =>
  async (input: RefreshSessionInput, call: Call): Promise<Result<OpenSession, Refusal>> => {
    const tokenHash = ports.secrets.digest(input.refreshToken.slice(0, identityLimits.opaqueTokenCharactersMax));
    const owner = await ports.database.sessions.ownerOfUnspent(tokenHash);
    if (owner === null) return refresh(input, call);
    try {
      await checkEntry(ports, call, owner);
    } catch (error) {
      if (!(error instanceof DirectoryUnavailable)) throw error;
      ports.directoryTrouble(error);
      const entry = { action: 'refreshSession', target: owner.id, outcome: directoryUnavailable.code };
      await ports.database.audit.write(auditEntry(call, entry));
      return err(directoryUnavailable);
    }
    return refresh(input, call);
  };

/** The refusal of what only the directory could tell. */
export const directoryUnavailable = refused(
  'DIRECTORY_UNAVAILABLE',
  'The directory that knows the person does not answer. Try again later.',
);
