import { requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { type InvalidInput, invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { noRoomForDrive } from '../domain/capacity.js';
import { type Drive, driveNotActive } from '../domain/drive.js';
import { storageLimits } from '../domain/limits.js';
import type { Caller } from './caller.js';
import type { Dependencies } from './dependencies.js';
import { hasRoom } from './hasRoom.js';
import { loadDrive } from './loadDrive.js';
import { runCommand } from './runCommand.js';

/** What a drive shall have. */
export interface ExtendDriveInput {
  readonly idempotencyKey: string;
  readonly extensionId: string;
  readonly grantId: string;
  readonly quota: bigint;
  readonly endsAt: Date;
}

/**
 * Gives a grant's drive more room, a later end, or both. It never takes room away: where an extension was undone after more was
 * stored than is paid for (shrinkDrive), the drive keeps that room until what is paid for is more. For the access service.
 * Refusals: INVALID_INPUT; DRIVE_NOT_ACTIVE where the drive was closed or the extension was undone; CAPACITY_EXCEEDED where
 * there is no room for what is added; IDEMPOTENCY_KEY_REUSED. @throws Fault NOT_FOUND where the grant has no drive
 */
export async function extendDrive(
  dependencies: Dependencies,
  caller: Caller,
  input: ExtendDriveInput,
): Promise<Result<Drive, Refusal>> {
  const { database, clock } = dependencies;
  requireService(caller.viewer, 'access');
  const result = await runCommand(database, caller, {
    operation: 'extendDrive',
    input,
    target: input.grantId,
    async act({ drives, extensions }) {
      await drives.lockGrant(input.grantId);
      const [found] = await drives.byGrantIds([input.grantId]);
      const drive = found === undefined ? null : await drives.lock(found.id);
      if (drive === null) throw notFound('drive');
      const wrong = validate(input, drive);
      if (wrong !== null) return err(wrong);
      if ((await extensions.find(input.extensionId)) !== null) return err(undone());
      // By the status alone: access closes what has ended, and what it asked for in time may come after the end.
      if (drive.status !== 'ACTIVE') return err(driveNotActive(drive, clock.now()));
      const quotaBytes = input.quota > drive.quotaBytes ? input.quota : drive.quotaBytes;
      const added = quotaBytes - drive.quotaBytes;
      if (added > 0n && !(await hasRoom(dependencies, drives, added))) return err(noRoomForDrive());
      const extended = await extensions.extend(input.extensionId, drive, { quotaBytes, endsAt: input.endsAt });
      await faultpoint('storage.extendDrive.beforeCommit');
      return ok(extended);
    },
    save: (drive) => drive.id,
    load: loadDrive,
  });
  await faultpoint('storage.extendDrive.afterCommit');
  return result;
}

const undone = (): Refusal => refused('DRIVE_NOT_ACTIVE', 'The extension was undone before the drive was extended.');

function validate({ extensionId, quota, endsAt }: ExtendDriveInput, drive: Drive): InvalidInput | null {
  if (!isId('extension', extensionId)) return invalidInput(['extensionId'], 'extensionId is not the id of one.');
  if (quota > storageLimits.quotaBytesMax) {
    return invalidInput(['quota'], `A drive has at most ${storageLimits.quotaBytesMax} bytes.`);
  }
  return endsAt < drive.endsAt ? invalidInput(['endsAt'], 'A drive is extended to a later end.') : null;
}
