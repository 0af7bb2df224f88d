import { makeKeyFolder } from '../../../../platform/keyFiles/makeKeyFile.js';
import type { StorageConfig } from '../../config.js';
import type { FreeBytes, ObjectStore } from '../../usecases/ports.js';
import { filesystemStore } from './filesystemStore.js';
import { freeBytesOf } from './freeBytes.js';

/** Where the objects are, opened and looked at. */
export interface OpenObjects {
  readonly store: ObjectStore;
  readonly freeBytes: FreeBytes;
  /** Where they are, for sentences. */
  readonly place: string;
  /** What GET /health/ready shows of it. */
  health(): Readonly<Record<string, unknown>> | undefined;
  close(): void;
}

/**
 * Opens the folder of the objects, or their bucket where one is configured.
 * @throws NotThereYetError, ServiceStartError where the bucket cannot be used: one sentence
 */
export async function openObjects({ objectsFolder, s3 }: StorageConfig): Promise<OpenObjects> {
  if (s3 !== null) {
    // Loaded where it is needed: it brings a lot along.
    const { openBucket } = await import('./s3/openBucket.js');
    return openBucket(s3);
  }
  await makeKeyFolder(objectsFolder, 'STORAGE_OBJECTS_DIR');
  return {
    store: filesystemStore(objectsFolder),
    freeBytes: freeBytesOf(objectsFolder),
    place: `the folder ${objectsFolder}`,
    health: () => undefined,
    close: () => undefined,
  };
}
