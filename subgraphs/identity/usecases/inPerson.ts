import { type Person, requirePerson, type Viewer } from '../../../platform/auth/viewer.js';
import { forbidden } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';

/**
 * The person who asks, by a session of their own: without a service in between, and not by a personal access key, which
 * a program has and which must not become a session, a group's or another key. @throws Fault UNAUTHENTICATED, FORBIDDEN
 */
export function requireInPerson(viewer: Viewer): Person {
  const person = requirePerson(viewer);
  if (person.actor !== null) throw forbidden('A service may not do this for a person.');
  if (!isId('session', person.sessionId)) throw forbidden('A personal access key may not do this. Log in.');
  return person;
}

/**
 * As requireInPerson, for what is done to one of the person's sessions: a narrowed session has itself to end, and no other.
 * It is refused before the other is looked for, so that it learns nothing of which there are.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN
 */
export function requireOverSession(viewer: Viewer, sessionId: string): Person {
  const person = requireInPerson(viewer);
  return sessionId === person.sessionId ? person : requireWholeSession(viewer);
}

/**
 * As requireInPerson, and by a session that was not narrowed: one that a device got for some scopes must not throw the
 * others out. @throws Fault UNAUTHENTICATED, FORBIDDEN
 */
export function requireWholeSession(viewer: Viewer): Person {
  const person = requireInPerson(viewer);
  if (person.restricted === true) throw forbidden('A session that was narrowed may not do this.');
  return person;
}
