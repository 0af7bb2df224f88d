import { median } from '../harness.js';
import { type RevocationStand, type Service, services, startRevocationStand } from './revocationStand.js';

const TRIES = 25;
const PEOPLE = 10;
const GIVE_UP_MS = 10_000;

/** Milliseconds from the sending of the mutation until a service refuses, for each service. */
type Latencies = ReadonlyMap<Service, number>;

/**
 * How long what was ended goes on to work: a session that is revoked, a person whose account an operator closes, a
 * membership that is taken away. The clock starts when the mutation is sent and stops with the first refusal of each service,
 * which is asked straight, as the gateway asks it, again and again.
 */
export async function bRevocation(print: (line: string) => void): Promise<void> {
  print(`b-revocation: from the sending of the mutation until each service refuses, ${TRIES} tries each`);
  const stand = await startRevocationStand(PEOPLE);
  try {
    const kinds = {
      'a session that is revoked': () => revokedSession(stand),
      'an account that is closed': () => closedAccount(stand),
      'a membership that is removed': () => removedMember(stand),
    };
    for (const [kind, attempt] of Object.entries(kinds)) {
      const tries: Latencies[] = [];
      for (let count = 0; count < TRIES; count += 1) tries.push(await attempt());
      const figures = services.map((service) => {
        const ofService = tries.map((latencies) => latencies.get(service) ?? Number.NaN);
        return `${service} ${median(ofService).toFixed(0)} (${Math.max(...ofService).toFixed(0)})`;
      });
      print(`  ${kind}, median (largest) in ms: ${figures.join(', ')}`);
    }
  } finally {
    await stand.stop();
  }
}

async function revokedSession(stand: RevocationStand): Promise<Latencies> {
  const { token, sessionId } = await stand.logIn();
  await stand.everywhere((service) => stand.isTaken(service, token));
  return untilFalse(
    stand,
    () => stand.mutate('revokeSession', { sessionId }, token),
    (service) => stand.isTaken(service, token),
  );
}

async function closedAccount(stand: RevocationStand): Promise<Latencies> {
  const { token, userId } = await stand.logIn();
  await stand.everywhere((service) => stand.isTaken(service, token));
  const latencies = await untilFalse(
    stand,
    () => stand.mutate('disableUser', { userId }, stand.operator),
    (service) => stand.isTaken(service, token),
  );
  await stand.mutate('enableUser', { userId }, stand.operator);
  return latencies;
}

/** Storage and compute give nothing to groups yet: there it is looked at what they know, which they decide from. */
async function removedMember(stand: RevocationStand): Promise<Latencies> {
  const { token, userId } = await stand.logIn();
  const group = await stand.makeGroup();
  await stand.mutate('addGroupMember', { groupId: group.id, userId, role: 'ADMIN' }, stand.operator);
  const isMember = (service: Service): Promise<boolean> => stand.isMember(service, group, { token, userId });
  await stand.everywhere(isMember);
  const remove = (): Promise<void> => stand.mutate('removeGroupMember', { groupId: group.id, userId }, stand.operator);
  return untilFalse(stand, remove, isMember);
}

async function untilFalse(
  stand: RevocationStand,
  end: () => Promise<void>,
  look: (service: Service) => Promise<boolean>,
): Promise<Latencies> {
  const latencies = new Map<Service, number>();
  const from = performance.now();
  const ending = end();
  await stand.everywhere(async (service) => {
    if (await look(service)) {
      if (performance.now() - from > GIVE_UP_MS) throw new Error(`The run is void: ${service} goes on and on.`);
      return false;
    }
    latencies.set(service, performance.now() - from);
    return true;
  });
  await ending;
  return latencies;
}
