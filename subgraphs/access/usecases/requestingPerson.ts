import { type Person, requirePerson, requireScope, type Viewer } from '../../../platform/auth/viewer.js';

/** The person who asks for access. @throws Fault UNAUTHENTICATED, FORBIDDEN without the scope access:request */
export function requestingPerson(viewer: Viewer): Person {
  const person = requirePerson(viewer);
  requireScope(person, 'access:request');
  return person;
}
