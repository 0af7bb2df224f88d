import { requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { isId } from '../../../platform/kernel/ids.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Drive } from '../domain/drive.js';
import type { GrantDriveInput } from './activateDrive.js';
import { beginPurge } from './beginPurge.js';
import type { Caller } from './caller.js';
import type { Dependencies } from './dependencies.js';
import { loadDrive } from './loadDrive.js';
import { runCommand } from './runCommand.js';

/** Which drive, and whether its content goes at once. */
interface CloseDriveInput extends GrantDriveInput {
  readonly purge?: boolean | null | undefined;
}

/**
 * Closes a grant's drive: an INACTIVE one becomes CLOSED, an ACTIVE one READ_ONLY; one that is closed stays as it is. With
 * purge it is CLOSED at once, also from READ_ONLY, and a task deletes its content for good.
 * A grant without a drive is remembered as closed, so that a provisionDrive that was on its way makes none.
 * For the access service. Refusals: INVALID_INPUT, IDEMPOTENCY_KEY_REUSED.
 * @returns the drive, or null where the grant never had one
 */
export async function closeDrive(
  { database, clock }: Dependencies,
  caller: Caller,
  input: CloseDriveInput,
): Promise<Result<Drive | null, Refusal>> {
  requireService(caller.viewer, 'access');
  const result = await runCommand<Drive | null>(database, caller, {
    operation: 'closeDrive',
    input,
    target: input.grantId,
    async act(records) {
      const { drives } = records;
      if (!isId('grant', input.grantId)) return err(invalidInput(['grantId'], 'grantId is not the id of a grant.'));
      await drives.lockGrant(input.grantId);
      const [drive = null] = await drives.byGrantIds([input.grantId]);
      if (drive === null) {
        await drives.closeGrant(input.grantId, clock.now());
        return ok(null);
      }
      if (drive.status === 'CLOSED' || (drive.status === 'READ_ONLY' && input.purge !== true)) return ok(drive);
      if (input.purge === true && drive.status !== 'INACTIVE') {
        const purged = await beginPurge(records, drive.id, clock.now());
        await faultpoint('storage.closeDrive.beforeCommit');
        return ok(purged);
      }
      const status = drive.status === 'INACTIVE' ? 'CLOSED' : 'READ_ONLY';
      const closed = await drives.setStatus(drive.id, status, clock.now());
      await faultpoint('storage.closeDrive.beforeCommit');
      return ok(closed);
    },
    save: (drive) => drive?.id ?? null,
    load: async (saved, records) => (saved === null ? null : loadDrive(saved, records)),
  });
  await faultpoint('storage.closeDrive.afterCommit');
  return result;
}
