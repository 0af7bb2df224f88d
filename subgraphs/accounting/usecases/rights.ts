import {
  type Actor,
  isOperator,
  type Person,
  requirePerson,
  requireScope,
  type Viewer,
} from '../../../platform/auth/viewer.js';
import { forbidden, notFound } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { belongsTo, decidesFor } from '../../../platform/kernel/principal.js';
import type { Account } from '../domain/account.js';
import type { Hold } from '../domain/hold.js';

/** Somebody who owns or spends: a person and their groups, as the feed tells them. */
export type Spender = Pick<Person, 'userId' | 'roles'>;

/**
 * Whether the viewer sees all of an account: its owner (an escrow's holder), the owning group's members, and operators;
 * access sees the escrows that it works on. Compute sees none in a person's name. What a provider earns, and from whom, is shown to its ADMINs alone. To
 * others only id and name are shown, and only where the account stands beside one that they see.
 */
export function seesAccount(viewer: Viewer, account: Account): boolean {
  if (isOperator(viewer)) return true;
  if (viewer.kind === 'person') return viewer.actor !== 'compute' && isTheirs(viewer, account);
  return viewer.kind === 'service' && viewer.service === 'access' && account.kind === 'ESCROW';
}

/** Whether an account stands among a person's and their groups'; what a provider earns among its ADMINs' alone. */
export const isTheirs = (person: Spender, account: Account): boolean =>
  owns(person, account) || (account.kind !== 'REVENUE' && isMember(person, account.ownerId));

/** Whether somebody decides about an account: its owner, or an ADMIN of the owning group. */
const owns = (spender: Spender, { ownerId }: Account): boolean => ownerId !== null && decidesFor(spender, ownerId);

/** Whether somebody may spend from an account: who decides about it; from an escrow every member of the group that holds it. */
const maySpend = (spender: Spender, account: Account): boolean =>
  account.kind === 'ESCROW' && account.ownerId !== null ? belongsTo(spender, account.ownerId) : owns(spender, account);

/** Whether the viewer sees what one person may spend from an account: that person, who decides about it, and operators. */
export const seesSpendingOf = (viewer: Viewer, memberId: string, account: Account): boolean =>
  isOperator(viewer) || (viewer.kind === 'person' && (viewer.userId === memberId || owns(viewer, account)));

/** Whether somebody's mandate counts for an account: as they spend in person, so never for an escrow. */
export const mayMandate = (issuer: Spender, account: Account): boolean =>
  account.kind !== 'ESCROW' && owns(issuer, account);

const isMember = ({ roles }: Spender, ownerId: string | null): boolean => ownerId !== null && roles.has(ownerId);

/** Whether the viewer sees what passes between two accounts: whoever sees one of them. */
export const seesBetween = (viewer: Viewer, accounts: readonly (Account | undefined)[]): boolean =>
  accounts.some((account) => account !== undefined && seesAccount(viewer, account));

/** Whether the viewer sees a hold: as seesBetween, and the service that placed it, also where it acts for a person. */
export const seesHold = (viewer: Viewer, hold: Hold, accounts: readonly (Account | undefined)[]): boolean =>
  seesBetween(viewer, accounts) ||
  placed(viewer, hold) ||
  (viewer.kind === 'person' && viewer.actor !== null && hold.placedBy === `service:${viewer.actor}`);

/**
 * The person who may spend, with whom spending services act.
 * @param actors the services that may do this for a person; null stands for the person's own session
 * @throws Fault UNAUTHENTICATED, FORBIDDEN for programs, other services and tokens without accounting:spend
 */
export function requireSpender(viewer: Viewer, actors: readonly (Actor | null)[]): Person {
  const person = requirePerson(viewer);
  requireScope(person, 'accounting:spend');
  if (!actors.includes(person.actor)) throw forbidden('This is not done by that service for a person.');
  return person;
}

/**
 * Sees to it that the person may spend from an account: its owner and ADMINs of the owning group may; members and
 * operators see it and may not. What a group's grant holds its members spend, through the service it is for.
 * @throws Fault NOT_FOUND, also for what the person may not see; FORBIDDEN
 */
export function requireOwner(person: Person, account: Account | undefined): Account {
  const isKnown = account !== undefined && (isOperator(person) || isTheirs(person, account));
  if (!isKnown) throw notFound('account');
  if (!maySpend(person, account))
    throw forbidden("Only its owner, or the owning group's ADMINs, spend from an account.");
  return account;
}

/**
 * Sees to it that the person decides for a group.
 * @throws Fault NOT_FOUND for strangers, FORBIDDEN for members and operators
 */
export function requireGroupAdmin(person: Person, groupId: string): void {
  if (person.roles.get(groupId) === 'ADMIN') return;
  if (!isId('group', groupId) || !(person.roles.has(groupId) || isOperator(person))) throw notFound('group');
  throw forbidden("Only the group's ADMINs may do this.");
}

/**
 * Sees to it that the viewer may capture or release a hold: the service that placed it, or the payee (an ADMIN,
 * where it is a group) in person; never the payer. What an escrow receives is not its holder's to take.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND
 */
export function requirePayeeSide(
  viewer: Viewer,
  hold: Hold | undefined,
  debit: Account | undefined,
  credit: Account | undefined,
): Hold {
  if (viewer.kind === 'anonymous') requirePerson(viewer);
  if (hold === undefined || !seesHold(viewer, hold, [debit, credit])) throw notFound('hold');
  if (placed(viewer, hold)) return hold;
  const person = requireSpender(viewer, [null]);
  const isPayee = credit !== undefined && credit.kind !== 'ESCROW' && owns(person, credit);
  if (!isPayee) throw forbidden("Only the payee's side, or the service that placed it, settles a hold.");
  return hold;
}

/** Whether a service placed a hold itself: it may settle it, whoever pays and whoever is paid. */
export const placed = (viewer: Viewer, hold: Hold): boolean =>
  viewer.kind === 'service' && hold.placedBy === `service:${viewer.service}`;
