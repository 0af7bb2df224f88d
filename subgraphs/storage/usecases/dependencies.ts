import type { Clock } from '../../../platform/kernel/clock.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import type { BearerTrust, Database, FreeBytes, ObjectStore, UrlSigner } from './ports.js';
import type { RunningDigests } from './runningDigests.js';

/** What use cases work with. */
export interface Dependencies {
  readonly database: Database;
  readonly objects: ObjectStore;
  readonly freeBytes: FreeBytes;
  /** What all drives together may hold, where the operator said so; else null. */
  readonly capacityBytes: bigint | null;
  readonly urls: UrlSigner;
  readonly bearers: BearerTrust;
  readonly digests: RunningDigests;
  readonly clock: Clock;
  readonly newId: NewId;
}
