import { requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { isId } from '../../../platform/kernel/ids.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Drive } from '../domain/drive.js';
import type { Caller } from './caller.js';
import type { Dependencies } from './dependencies.js';
import { loadDrive } from './loadDrive.js';
import { runCommand } from './runCommand.js';

/** Which extension to undo. */
export interface ShrinkDriveInput {
  readonly idempotencyKey: string;
  readonly extensionId: string;
  readonly grantId: string;
}

/**
 * Undoes extendDrive: the drive has the end and the quota that it had before; where it holds more by now, as much as it
 * holds. One that was not made is remembered, so that an extendDrive that was on its way makes none. For the access service.
 * Refusals: INVALID_INPUT, IDEMPOTENCY_KEY_REUSED. @returns the drive, or null where the grant has none
 */
export async function shrinkDrive(
  { database, clock }: Dependencies,
  caller: Caller,
  input: ShrinkDriveInput,
): Promise<Result<Drive | null, Refusal>> {
  requireService(caller.viewer, 'access');
  const { extensionId, grantId } = input;
  const result = await runCommand<Drive | null>(database, caller, {
    operation: 'shrinkDrive',
    input,
    target: grantId,
    async act({ drives, extensions }) {
      if (!isId('extension', extensionId)) return err(invalidInput(['extensionId'], 'This is not the id of one.'));
      await drives.lockGrant(grantId);
      const [drive = null] = await drives.byGrantIds([grantId]);
      const extension = await extensions.find(extensionId);
      if (extension === null) await extensions.forbid(extensionId, grantId, clock.now());
      const isMade = drive !== null && extension?.grantId === grantId && extension.undoneAt === null;
      if (!isMade) return ok(drive);
      await drives.lock(drive.id);
      const shrunk = await extensions.undo(extensionId, drive.id, clock.now());
      await faultpoint('storage.shrinkDrive.beforeCommit');
      return ok(shrunk);
    },
    save: (drive) => drive?.id ?? null,
    load: async (saved, records) => (saved === null ? null : loadDrive(saved, records)),
  });
  await faultpoint('storage.shrinkDrive.afterCommit');
  return result;
}
