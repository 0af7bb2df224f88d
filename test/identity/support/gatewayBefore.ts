import { startGateway } from '../../../gateway/main.js';
import { loadServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { unavailable } from '../../../platform/kernel/faults.js';
import type { RunningService } from '../../../platform/server/settings.js';
import type { IdentityHarness } from './identityHarness.js';

/** A gateway before an identity of a test; the other services are away. */
export async function gatewayBefore(identity: IdentityHarness): Promise<RunningService> {
  return startGateway(
    {
      service: 'gateway',
      home: identity.home,
      host: '127.0.0.1',
      variables: {},
      port: 0,
      issuer: identity.settings.issuer,
      database: { ownerUrl: '', appUrl: '' },
      async peerUrl(target) {
        if (target !== 'identity') throw unavailable(target);
        return identity.url;
      },
      keys: await loadServiceKeys(identity.home, 'gateway'),
    },
    { ui: false, logLevel: 'silent' },
  );
}
