import { faultpoint } from '../../../platform/faultpoint.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { User } from '../domain/user.js';
import { addRecoveryCodes } from './addRecoveryCodes.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { requireInPerson } from './inPerson.js';
import type { Ports } from './ports.js';
import { readStepUp, type StepUpProof } from './stepUp.js';

/** The viewer, and the codes that count from now on. */
interface CodesRegenerated {
  readonly user: User;
  readonly recoveryCodes: readonly string[];
}

/**
 * Gives the viewer ten fresh recovery codes; those from before are void.
 * Refusals: INVALID_CREDENTIALS, DIRECTORY_UNAVAILABLE (counted and audited here). Faults: UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED.
 */
export const regenerateRecoveryCodes =
  (ports: Ports) =>
  async (input: StepUpProof, call: Call): Promise<Result<CodesRegenerated, Refusal>> => {
    const action = 'regenerateRecoveryCodes';
    const stepUp = await readStepUp(ports, requireInPerson(call.viewer), input, { action, call });
    await faultpoint('identity.regenerateRecoveryCodes.beforeCommit');
    const regenerated = await ports.database.transaction(async (stores) => {
      const proven = await stepUp.judge(stores);
      if (proven === null) return null;
      const { user } = proven;
      await stores.recoveryCodes.retireAllOf(user.id, ports.clock.now());
      const recoveryCodes = await addRecoveryCodes(ports, stores, user.id);
      await stores.audit.write(auditEntry(call, { action, target: user.id, outcome: 'OK' }));
      return { user, recoveryCodes };
    });
    await faultpoint('identity.regenerateRecoveryCodes.afterCommit');
    return regenerated === null ? err(await stepUp.answer()) : ok(regenerated);
  };
