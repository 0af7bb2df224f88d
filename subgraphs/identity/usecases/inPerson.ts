import { type Person, requirePerson, type Viewer } from '../../../platform/auth/viewer.js';
import { forbidden } from '../../../platform/kernel/faults.js';

/** The person who asks, without a service in between. @throws Fault UNAUTHENTICATED, FORBIDDEN */
export function requireInPerson(viewer: Viewer): Person {
  const person = requirePerson(viewer);
  if (person.actor !== null) throw forbidden('A service may not do this for a person.');
  return person;
}
