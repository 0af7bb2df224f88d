import { abortUpload } from './usecases/abortUpload.js';
import { activateDrive } from './usecases/activateDrive.js';
import { beginUpload } from './usecases/beginUpload.js';
import { closeDrive } from './usecases/closeDrive.js';
import { completeUpload } from './usecases/completeUpload.js';
import { createDownload } from './usecases/createDownload.js';
import type { Dependencies } from './usecases/dependencies.js';
import { extendDrive } from './usecases/extendDrive.js';
import { listDrives } from './usecases/listDrives.js';
import { listFiles } from './usecases/listFiles.js';
import { listVersions } from './usecases/listVersions.js';
import { openContent } from './usecases/openContent.js';
import { pinJobInput } from './usecases/pinJobInput.js';
import { provisionDrive } from './usecases/provisionDrive.js';
import { findDrive, findGrantDrive, readDrive } from './usecases/readDrive.js';
import { findFile, readFile } from './usecases/readFile.js';
import { receivePart } from './usecases/receivePart.js';
import { roomForDrive } from './usecases/roomForDrive.js';
import { showParts } from './usecases/showParts.js';
import { shrinkDrive } from './usecases/shrinkDrive.js';
import { signJobInputs } from './usecases/signJobInputs.js';
import { unpinJobInputs } from './usecases/unpinJobInputs.js';

/** All that the storage service does, with what it works with filled in. */
export function makeUseCases(dependencies: Dependencies) {
  const { files } = dependencies.database;
  return {
    provisionDrive: provisionDrive.bind(null, dependencies),
    activateDrive: activateDrive.bind(null, dependencies),
    closeDrive: closeDrive.bind(null, dependencies),
    roomForDrive: roomForDrive.bind(null, dependencies),
    extendDrive: extendDrive.bind(null, dependencies),
    shrinkDrive: shrinkDrive.bind(null, dependencies),
    beginUpload: beginUpload.bind(null, dependencies),
    receivePart: receivePart.bind(null, dependencies),
    completeUpload: completeUpload.bind(null, dependencies),
    abortUpload: abortUpload.bind(null, dependencies),
    showParts: showParts.bind(null, dependencies),
    createDownload: createDownload.bind(null, dependencies),
    openContent: openContent.bind(null, dependencies),
    pinJobInput: pinJobInput.bind(null, dependencies),
    signJobInputs: signJobInputs.bind(null, dependencies),
    unpinJobInputs: unpinJobInputs.bind(null, dependencies),
    readDrive,
    findDrive,
    findGrantDrive,
    listDrives,
    findFile,
    readFile: readFile.bind(null, files),
    listFiles: listFiles.bind(null, files),
    listVersions: listVersions.bind(null, files),
  };
}

/** The use cases by name. */
export type UseCases = ReturnType<typeof makeUseCases>;
