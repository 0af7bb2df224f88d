import { requireService } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { isId } from '../../../platform/kernel/ids.js';
import { isPrincipalId } from '../../../platform/kernel/principal.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { noRoomForDrive } from '../domain/capacity.js';
import type { Drive } from '../domain/drive.js';
import { storageLimits } from '../domain/limits.js';
import type { Caller } from './caller.js';
import type { Dependencies } from './dependencies.js';
import { hasRoom } from './hasRoom.js';
import { loadDrive } from './loadDrive.js';
import { runCommand } from './runCommand.js';

/** A drive to make. */
export interface ProvisionDriveInput {
  readonly idempotencyKey: string;
  readonly grantId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly quota: bigint;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/**
 * Makes a grant's drive, INACTIVE. For the access service.
 * Refusals: INVALID_INPUT; DRIVE_NOT_ACTIVE where the grant was closed already; CAPACITY_EXCEEDED where there is no room
 * for it besides what was promised before; IDEMPOTENCY_KEY_REUSED.
 */
export async function provisionDrive(
  dependencies: Dependencies,
  caller: Caller,
  input: ProvisionDriveInput,
): Promise<Result<Drive, Refusal>> {
  const { database, clock, newId } = dependencies;
  requireService(caller.viewer, 'access');
  const result = await runCommand(database, caller, {
    operation: 'provisionDrive',
    input,
    target: input.grantId,
    async act({ drives }) {
      const valid = validate(input);
      if (!valid.ok) return valid;
      await drives.lockGrant(input.grantId);
      if (await drives.isGrantClosed(input.grantId)) {
        return err(refused('DRIVE_NOT_ACTIVE', 'The grant was closed before its drive was made.'));
      }
      if ((await drives.byGrantIds([input.grantId])).length > 0) {
        return err(invalidInput(['grantId'], 'The grant has a drive already.'));
      }
      if (!(await hasRoom(dependencies, drives, input.quota))) return err(noRoomForDrive());
      const { grantId, ownerId, startsAt, endsAt } = input;
      const drive: Drive = {
        id: newId('drive'),
        grantId,
        ownerId,
        name: valid.value,
        quotaBytes: input.quota,
        status: 'INACTIVE',
        startsAt,
        endsAt,
        closedAt: null,
        purgedAt: null,
        createdAt: clock.now(),
      };
      await drives.insert(drive);
      await faultpoint('storage.provisionDrive.beforeCommit');
      return ok(drive);
    },
    save: (drive) => drive.id,
    load: loadDrive,
  });
  await faultpoint('storage.provisionDrive.afterCommit');
  return result;
}

/** @returns the name as it is kept */
function validate(input: ProvisionDriveInput): Result<string, Refusal> {
  if (!isId('grant', input.grantId)) return err(invalidInput(['grantId'], 'grantId is not the id of a grant.'));
  if (!isPrincipalId(input.ownerId)) {
    return err(invalidInput(['ownerId'], 'ownerId is not the id of a person or group.'));
  }
  if (input.quota < 1n || input.quota > storageLimits.quotaBytesMax) {
    return err(invalidInput(['quota'], `A quota is 1 to ${storageLimits.quotaBytesMax} bytes.`));
  }
  if (input.endsAt <= input.startsAt) return err(invalidInput(['endsAt'], 'The window ends before it begins.'));
  return parseLine(input.name, ['name']);
}
