import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';
import { Drive } from './Drive.js';
import { DriveUsage } from './DriveUsage.js';
import { File } from './File.js';
import { FileVersion } from './FileVersion.js';
import { Grant } from './Grant.js';
import { Group } from './Group.js';
import { JobInput } from './JobInput.js';
import { abortUpload } from './Mutation/abortUpload.js';
import { activateDrive } from './Mutation/activateDrive.js';
import { beginUpload } from './Mutation/beginUpload.js';
import { closeDrive } from './Mutation/closeDrive.js';
import { completeUpload } from './Mutation/completeUpload.js';
import { createDownload } from './Mutation/createDownload.js';
import { extendDrive } from './Mutation/extendDrive.js';
import { pinJobInput } from './Mutation/pinJobInput.js';
import { provisionDrive } from './Mutation/provisionDrive.js';
import { shrinkDrive } from './Mutation/shrinkDrive.js';
import { signJobInputs } from './Mutation/signJobInputs.js';
import { unpinJobInputs } from './Mutation/unpinJobInputs.js';
import { drive } from './Query/drive.js';
import { file } from './Query/file.js';
import { roomForDrive } from './Query/roomForDrive.js';
import { Upload } from './Upload.js';
import { UploadPart } from './UploadPart.js';
import { User } from './User.js';

/** Storage's resolvers. */
export const resolvers = {
  Query: { drive, file, roomForDrive },
  Mutation: {
    provisionDrive,
    activateDrive,
    closeDrive,
    extendDrive,
    shrinkDrive,
    beginUpload,
    completeUpload,
    abortUpload,
    createDownload,
    pinJobInput,
    signJobInputs,
    unpinJobInputs,
  },
  Drive,
  DriveUsage,
  File,
  FileVersion,
  Grant,
  Group,
  JobInput,
  Upload,
  UploadPart,
  User,
} satisfies Partial<RequiredResolvers<Resolvers>>;
