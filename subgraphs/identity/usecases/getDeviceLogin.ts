import { isShownTo } from '../domain/deviceLogin.js';
import type { Call } from './call.js';
import { findByUserCode } from './findByUserCode.js';
import { requireInPerson } from './inPerson.js';
import type { Ports } from './ports.js';
import { type DeviceLoginView, viewDeviceLogin } from './views.js';

/**
 * What a person is shown before they approve a device login: who asks, from where, for what, and the check phrase. Once
 * it is decided, who decided sees it. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, RATE_LIMITED (after wrong codes).
 */
export const getDeviceLogin =
  (ports: Ports) =>
  async (userCode: string, call: Call): Promise<DeviceLoginView> => {
    const person = requireInPerson(call.viewer);
    const now = ports.clock.now();
    return findByUserCode(ports, { person, userCode, call }, async (hash) => {
      const login = await ports.database.deviceLogins.findByUserCode(hash);
      return login !== null && isShownTo(login, person.userId, now) ? viewDeviceLogin(login, now) : null;
    });
  };
