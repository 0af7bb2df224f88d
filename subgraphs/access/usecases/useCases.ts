import { type Grant, grantStatus } from '../domain/grant.js';
import type { RequestAccessInput } from './accessWish.js';
import type { Dependencies } from './dependencies.js';
import { type EndGrantInput, endGrant } from './endGrant.js';
import { findAccessRequest } from './findAccessRequest.js';
import { findGrant } from './findGrant.js';
import { findOffer } from './findOffer.js';
import { findQuote } from './findQuote.js';
import { listAccessRequests } from './listAccessRequests.js';
import { listGrantsOfUser } from './listGrantsOfUser.js';
import { listOffers } from './listOffers.js';
import { listTimeline } from './listTimeline.js';
import type { Caller } from './ports.js';
import { type QuoteAccessInput, quoteAccess } from './quoteAccess.js';
import { requestAccess } from './requestAccess.js';
import { orNotFound } from './visibility.js';

/** Everything that access does for a request. */
export type UseCases = ReturnType<typeof makeUseCases>;

/** All parameters but the first. */
type Tail<All extends readonly unknown[]> = All extends readonly [unknown, ...infer Rest] ? Rest : never;

/** The use cases on what they work with. */
export const makeUseCases = (deps: Dependencies) => ({
  quoteAccess: (caller: Caller, input: QuoteAccessInput) => quoteAccess(deps, caller, input),
  requestAccess: (caller: Caller, input: RequestAccessInput) => requestAccess(deps, caller, input),
  endGrant: (caller: Caller, input: EndGrantInput) => endGrant(deps, caller, input),
  listOffers: (...args: Tail<Parameters<typeof listOffers>>) => listOffers(deps.database, ...args),
  listAccessRequests: (...args: Tail<Parameters<typeof listAccessRequests>>) =>
    listAccessRequests(deps.database, ...args),
  listGrantsOfUser,
  listTimeline,
  findOffer,
  findQuote,
  findAccessRequest,
  findGrant,
  orNotFound,
  grantStatus: (grant: Grant) => grantStatus(grant, deps.clock.now()),
});
