import { requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Drive } from '../domain/drive.js';
import type { Caller } from './caller.js';
import type { Dependencies } from './dependencies.js';
import { loadDrive } from './loadDrive.js';
import { runCommand } from './runCommand.js';

/** Which drive: the one of a grant. */
export interface GrantDriveInput {
  readonly idempotencyKey: string;
  readonly grantId: string;
}

/**
 * Opens a grant's drive; one that is open stays so. For the access service. Refusals: DRIVE_NOT_ACTIVE where it was
 * closed, IDEMPOTENCY_KEY_REUSED. @throws Fault NOT_FOUND where the grant has no drive
 */
export async function activateDrive(
  { database }: Dependencies,
  caller: Caller,
  input: GrantDriveInput,
): Promise<Result<Drive, Refusal>> {
  requireService(caller.viewer, 'access');
  const result = await runCommand(database, caller, {
    operation: 'activateDrive',
    input,
    target: input.grantId,
    async act({ drives }) {
      await drives.lockGrant(input.grantId);
      const activated = await drives.activate(input.grantId);
      if (activated === null) return judgeAsItIs(await drives.byGrantIds([input.grantId]));
      await faultpoint('storage.activateDrive.beforeCommit');
      return ok(activated);
    },
    save: (drive) => drive.id,
    load: loadDrive,
  });
  await faultpoint('storage.activateDrive.afterCommit');
  return result;
}

/** What a drive is that could not be opened, or why. */
function judgeAsItIs([drive]: readonly Drive[]): Result<Drive, Refusal> {
  if (drive === undefined) throw notFound('drive');
  if (drive.status === 'ACTIVE') return ok(drive);
  return err(refused('DRIVE_NOT_ACTIVE', `The drive is ${drive.status} already.`));
}
