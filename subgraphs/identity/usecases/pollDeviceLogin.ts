import { faultpoint } from '../../../platform/faultpoint.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { type DeviceLogin, intervalAfter, pollsTooEarly, shownState } from '../domain/deviceLogin.js';
import { identityLimits } from '../domain/limits.js';
import type { Session } from '../domain/session.js';
import type { User } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { addRefreshToken, newSession, type OpenSession, signForSession } from './openSession.js';
import type { Ports, Stores } from './ports.js';

/** The code that the device keeps to itself. */
interface PollDeviceLoginInput {
  readonly deviceCode: string;
}

/** A session that is open, before its token is signed. */
interface Redeemed {
  readonly session: Session;
  readonly user: User;
  readonly refreshToken: string;
}

/**
 * Asks whether a device login was approved; the first poll after the approval opens the session, and no other does, in
 * parallel or later. The session has the scopes that were asked for, and the polling device's address; it ends no
 * later than the approver's, so that approvals are no way around a session's end.
 * Refusals (RFC 8628, 3.5): AUTHORIZATION_PENDING, SLOW_DOWN (earlier than the interval, which grows by five seconds each
 * time), ACCESS_DENIED (denied, taken back, the person is disabled, the approver's session over), EXPIRED_TOKEN (unknown, too old, or used before).
 */
export const pollDeviceLogin =
  (ports: Ports) =>
  async (input: PollDeviceLoginInput, call: Call): Promise<Result<OpenSession, Refusal>> => {
    const hash = ports.secrets.digest(input.deviceCode.slice(0, identityLimits.opaqueTokenCharactersMax));
    await faultpoint('identity.pollDeviceLogin.beforeCommit');
    const outcome = await ports.database.transaction(async (stores): Promise<Result<Redeemed, Refusal>> => {
      const login = await stores.deviceLogins.lockByDeviceCode(hash);
      if (login === null) return refuse(stores, call, null, expired);
      switch (shownState(login, ports.clock.now())) {
        case 'PENDING':
          return err(await waitMore(ports, stores, login));
        case 'APPROVED':
          return redeem(ports, stores, login, call);
        case 'DENIED':
          return refuse(stores, call, login, denied);
        default:
          return refuse(stores, call, login, expired);
      }
    });
    if (!outcome.ok) return outcome;
    await faultpoint('identity.pollDeviceLogin.afterCommit');
    return ok(await signForSession(ports, outcome.value));
  };

const pending = refused('AUTHORIZATION_PENDING', 'The person has not approved yet. Ask again after the interval.');
const slowDown = refused('SLOW_DOWN', 'Too early: wait five seconds longer between polls from now on.');
const denied = refused('ACCESS_DENIED', 'The person did not let this device in. Begin another device login.');
const expired = refused('EXPIRED_TOKEN', 'The device code is unknown, used or too old. Begin another device login.');

/** Writes the poll down. It is not audited: waiting is no event, and a device may poll for ten minutes. */
async function waitMore({ clock }: Ports, stores: Stores, login: DeviceLogin): Promise<Refusal> {
  const now = clock.now();
  const tooEarly = pollsTooEarly(login, now);
  const interval = intervalAfter(login, tooEarly);
  await stores.deviceLogins.polled(login.id, interval, new Date(now.getTime() + interval * 1000));
  return tooEarly ? slowDown : pending;
}

async function redeem(
  ports: Ports,
  stores: Stores,
  login: DeviceLogin,
  call: Call,
): Promise<Result<Redeemed, Refusal>> {
  const { clientName, scopes, approvedUntil: until } = login;
  const user = login.userId === null ? null : await stores.users.find(login.userId);
  if (user?.status !== 'ACTIVE' || until === null || until <= ports.clock.now())
    return refuse(stores, call, login, denied);
  const session = newSession(ports, { userId: user.id, call, clientName, scopes, until });
  await stores.sessions.insert(session);
  const refreshToken = await addRefreshToken(ports, stores, session.id);
  await stores.deviceLogins.complete(login.id, session.id);
  const detail = { session: session.id };
  const entry = { action: 'pollDeviceLogin', target: login.id, actor: user.id, outcome: 'OK', detail };
  await stores.audit.write(auditEntry(call, entry));
  return ok({ session, user, refreshToken });
}

async function refuse(stores: Stores, call: Call, login: DeviceLogin | null, refusal: Refusal) {
  const entry = { action: 'pollDeviceLogin', target: login?.id ?? null, outcome: refusal.code };
  await stores.audit.write(auditEntry(call, entry));
  return err(refusal);
}
