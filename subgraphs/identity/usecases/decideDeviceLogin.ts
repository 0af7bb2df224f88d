import type { Person } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { unauthenticated } from '../../../platform/kernel/faults.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { type DeviceLogin, isShownTo } from '../domain/deviceLogin.js';
import { narrowScopes, scopesOfPerson } from '../domain/scopes.js';
import { isLive, type Session } from '../domain/session.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { findByUserCode } from './findByUserCode.js';
import { requireInPerson } from './inPerson.js';
import type { Ports, Stores } from './ports.js';
import { type DeviceLoginView, viewDeviceLogin } from './views.js';

/** The code that the device shows. */
interface DecideDeviceLoginInput {
  readonly userCode: string;
}

/**
 * Approves or denies a device login, once. To say the same again is no error and changes nothing. What is approved lasts
 * no longer than the session that approves.
 * Refusals: DEVICE_LOGIN_DECIDED (otherwise, before), SCOPE_EXCEEDED (approving more than one's own token allows).
 * Faults: UNAUTHENTICATED (also where the session ended meanwhile), FORBIDDEN, NOT_FOUND (unknown, expired, or decided by another), RATE_LIMITED.
 */
export const decideDeviceLogin =
  (ports: Ports, action: 'approveDeviceLogin' | 'denyDeviceLogin') =>
  async ({ userCode }: DecideDeviceLoginInput, call: Call): Promise<Result<DeviceLoginView, Refusal>> => {
    const person = requireInPerson(call.viewer);
    await faultpoint(`identity.${action}.beforeCommit`);
    const decided = await findByUserCode(ports, { person, userCode, call }, (hash) =>
      ports.database.transaction((stores) => decide(ports, stores, { hash, person, action, call })),
    );
    await faultpoint(`identity.${action}.afterCommit`);
    return decided;
  };

async function decide(
  ports: Ports,
  stores: Stores,
  wish: {
    readonly hash: Uint8Array;
    readonly person: Person;
    readonly action: 'approveDeviceLogin' | 'denyDeviceLogin';
    readonly call: Call;
  },
): Promise<Result<DeviceLoginView, Refusal> | null> {
  const { hash, person, action, call } = wish;
  const { userId } = person;
  const now = ports.clock.now();
  const state = action === 'approveDeviceLogin' ? 'APPROVED' : 'DENIED';
  const session = await lockLiveSession(stores, person, now);
  const login = await stores.deviceLogins.lockByUserCode(hash);
  if (login === null || !isShownTo(login, userId, now)) return null;
  if (login.state !== 'PENDING') {
    const isSame = login.state === state || (state === 'APPROVED' && login.state === 'COMPLETED');
    return isSame ? ok(viewDeviceLogin(login, now)) : err(decidedBefore);
  }
  if (state === 'APPROVED' && !mayGive(person, login)) return err(exceeded);
  const approval =
    state === 'APPROVED'
      ? { approvedUntil: session.absoluteExpiresAt, approvedBy: session.id }
      : { approvedUntil: null, approvedBy: null };
  await stores.deviceLogins.decide(login.id, { state, userId, ...approval, now });
  await stores.audit.write(auditEntry(call, { action, target: login.id, outcome: 'OK' }));
  return ok(viewDeviceLogin({ ...login, state, userId }, now));
}

/**
 * The session that decides. Whatever ends the person's sessions and takes approvals back holds the person as well: it
 * comes before, and nothing is decided any more, or after, and finds the approval. @throws Fault UNAUTHENTICATED
 */
async function lockLiveSession(stores: Stores, { userId, sessionId }: Person, now: Date): Promise<Session> {
  await stores.users.lockCredentials(userId);
  const user = await stores.users.find(userId);
  const session = await stores.sessions.find(sessionId);
  if (user?.status !== 'ACTIVE' || session === null || !isLive(session, now)) throw unauthenticated();
  return session;
}

const decidedBefore = refused('DEVICE_LOGIN_DECIDED', 'This device login was decided already. Begin another.');
const exceeded = refused('SCOPE_EXCEEDED', 'The device asks for more than your own session allows. Deny it.');

/** A session gives on what it has itself: one that was narrowed cannot make one that was not. */
function mayGive(person: Person, { scopes }: DeviceLogin): boolean {
  if (person.restricted === true && scopes === null) return false;
  return narrowScopes(scopes ?? scopesOfPerson(person), [...person.scopes]) !== null;
}
