import { randomBytes } from 'node:crypto';
import { systemClock } from '../../platform/kernel/clock.js';
import { newId } from '../../platform/kernel/ids.js';
import { connectPeer } from '../../platform/peers/peer.js';
import type { Logger } from '../../platform/server/log.js';
import type { ServiceSettings } from '../../platform/server/settings.js';
import type { ComputeConfig } from './config.js';
import { accountingPeer } from './peers/accountingPeer.js';
import { identityPeer } from './peers/identityPeer.js';
import { storagePeer } from './peers/storagePeer.js';
import { fileSealer } from './persistence/sealer.js';
import type { Database, Dependencies } from './usecases/ports.js';

const LEASE_BYTES = 18;

/** Puts compute together: what its use cases and tasks work with in a running service. */
export async function makeDependencies(
  settings: ServiceSettings,
  config: ComputeConfig,
  database: Database,
  log: Logger,
): Promise<Dependencies> {
  return {
    database,
    identity: identityPeer(connectPeer(settings, 'identity')),
    accounting: accountingPeer(connectPeer(settings, 'accounting')),
    storage: storagePeer(connectPeer(settings, 'storage')),
    sealer: await fileSealer(config.sealingKeyFile),
    clock: systemClock,
    newId,
    newLease: () => randomBytes(LEASE_BYTES).toString('base64url'),
    trusted: config.trusted,
    servingSince: systemClock.now(),
    log,
  };
}
