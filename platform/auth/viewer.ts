import { forbidden, unauthenticated } from '../kernel/faults.js';
import { isId } from '../kernel/ids.js';
import type { SubgraphName } from '../kernel/services.js';
import type { Roles } from './memberships.js';

/** Who is asking, as decided from the token and the caller's assertion; no other header has a say. */
export type Viewer = Anonymous | Person | ServiceAccountViewer | Service;

/** No token was sent through the gateway. */
export interface Anonymous {
  readonly kind: 'anonymous';
}

/** Who acts for a person by an exchanged token: a Tollgate service, or a program by its service account. */
export type Actor = SubgraphName | `svc_${string}`;

/** A person's session, or (with an actor) a service or program that acts for the person by an exchanged token. */
export interface Person {
  readonly kind: 'person';
  readonly userId: string;
  readonly sessionId: string;
  readonly tokenId: string;
  readonly scopes: ReadonlySet<string>;
  readonly operator: boolean;
  /** Whether the token was narrowed from what the person may: `operator` is false then, whoever it is. Absent: no. */
  readonly restricted?: boolean;
  /** The person's groups, as the feed tells them; a service that acts for the person has the person's roles. */
  readonly roles: Roles;
  readonly actor: Actor | null;
  readonly expiresAt: Date;
}

/** A program with credentials of its own, such as a controller. */
export interface ServiceAccountViewer {
  readonly kind: 'serviceAccount';
  readonly serviceAccountId: string;
  readonly tokenId: string;
  readonly scopes: ReadonlySet<string>;
  readonly clusterIds: readonly string[];
  readonly expiresAt: Date;
}

/** A peer that calls in its own name; what it may do stands in the callee's README. */
export interface Service {
  readonly kind: 'service';
  readonly service: SubgraphName;
}

/** The person who asks. @throws Fault UNAUTHENTICATED without a token, FORBIDDEN for a program */
export function requirePerson(viewer: Viewer): Person {
  if (viewer.kind === 'anonymous') throw unauthenticated();
  if (viewer.kind !== 'person') throw forbidden('Only a person may do this.');
  return viewer;
}

/**
 * Whether a person is here in person, or by a program that the person gave a token to: it may ask for and use what both
 * may, where a use case lets it. Who decides, publishes or spends otherwise is asked for in person (actor null).
 */
export const isByProgram = ({ actor }: Person): boolean => actor !== null && isId('serviceAccount', actor);

/** Whether a Tollgate service acts for the person: it does in the person's name what its work needs, and reads no more. */
export const isByService = (person: Person): boolean => person.actor !== null && !isByProgram(person);

/**
 * Sees to it that no Tollgate service asks, in its own name or a person's: what its work needs is asked for by name.
 * @throws Fault FORBIDDEN
 */
export function refuseServices(viewer: Viewer): void {
  if (viewer.kind === 'service' || (viewer.kind === 'person' && isByService(viewer))) {
    throw forbidden('This is not for a service of Tollgate.');
  }
}

/** Whether the viewer is an operator in person; a service acting for an operator has no operator's rights. */
export const isOperator = (viewer: Viewer): boolean =>
  viewer.kind === 'person' && viewer.operator && viewer.actor === null;

/** The operator who asks. @throws Fault UNAUTHENTICATED, FORBIDDEN */
export function requireOperator(viewer: Viewer): Person {
  const person = requirePerson(viewer);
  if (!isOperator(person)) throw forbidden('Only an operator may do this.');
  return person;
}

/** Whether the token allows something; services have rights, not scopes. */
export const hasScope = (viewer: Viewer, scope: string): boolean =>
  (viewer.kind === 'person' || viewer.kind === 'serviceAccount') && viewer.scopes.has(scope);

/** Sees to it that the token allows something. @throws Fault UNAUTHENTICATED, FORBIDDEN naming the scope */
export function requireScope(viewer: Viewer, scope: string): void {
  if (viewer.kind === 'anonymous') throw unauthenticated();
  if (!hasScope(viewer, scope)) throw forbidden(`The token lacks the scope ${scope}.`);
}

/** Sees to it that a named peer calls in its own name. @throws Fault UNAUTHENTICATED, FORBIDDEN */
export function requireService(viewer: Viewer, service: SubgraphName): Service {
  if (viewer.kind === 'anonymous') throw unauthenticated();
  if (viewer.kind !== 'service' || viewer.service !== service) throw forbidden();
  return viewer;
}

/** Whose idempotency keys these are: the acting service's or program's if there is one, else the caller's own. */
export function idempotencyScope(viewer: Viewer): string {
  if (viewer.kind !== 'person' || viewer.actor === null) return actorName(viewer);
  return isByProgram(viewer) ? viewer.actor : `service:${viewer.actor}`;
}

/** Who acts, for the audit and timelines: an id, `service:<name>` or `anonymous`. */
export function actorName(viewer: Viewer): string {
  switch (viewer.kind) {
    case 'anonymous':
      return 'anonymous';
    case 'person':
      return viewer.userId;
    case 'serviceAccount':
      return viewer.serviceAccountId;
    case 'service':
      return `service:${viewer.service}`;
  }
}
