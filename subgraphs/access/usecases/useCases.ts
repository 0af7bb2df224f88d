import { type Grant, grantStatus } from '../domain/grant.js';
import { statusAt } from '../domain/requestStates.js';
import type { RequestAccessInput } from './accessWish.js';
import { type ApproveAccessRequestInput, approveAccessRequest } from './approveAccessRequest.js';
import { type ApproveGrantExtensionInput, approveGrantExtension } from './approveGrantExtension.js';
import type { ExtendGrantInput } from './beginExtension.js';
import type { Waiting } from './decideOn.js';
import { type DenyAccessRequestInput, denyAccessRequest } from './denyAccessRequest.js';
import { type DenyGrantExtensionInput, denyGrantExtension } from './denyGrantExtension.js';
import type { Dependencies } from './dependencies.js';
import { type EndGrantInput, endGrant } from './endGrant.js';
import { type ExplainAccessInput, explainAccess } from './explainAccess.js';
import { extendGrant } from './extendGrant.js';
import { findAccessRequest } from './findAccessRequest.js';
import { findExtensionUnderWay } from './findExtensionUnderWay.js';
import { findGrant } from './findGrant.js';
import { findGrantAccount } from './findGrantAccount.js';
import { findGrantExtension } from './findGrantExtension.js';
import { findOffer } from './findOffer.js';
import { findQuote } from './findQuote.js';
import { listAccessRequests } from './listAccessRequests.js';
import { listGrantExtensions } from './listGrantExtensions.js';
import { listGrantsOf } from './listGrantsOf.js';
import { listOffers } from './listOffers.js';
import { listOfferVersions } from './listOfferVersions.js';
import { listTimeline } from './listTimeline.js';
import type { Caller } from './ports.js';
import { type PublishOfferInput, publishOffer } from './publishOffer.js';
import { type QuoteAccessInput, quoteAccess } from './quoteAccess.js';
import { requestAccess } from './requestAccess.js';
import { retireOffer } from './retireOffer.js';
import { type ReviseAccessRequestInput, reviseAccessRequest } from './reviseAccessRequest.js';
import { type RevokeGrantInput, revokeGrant } from './revokeGrant.js';
import { orNotFound } from './visibility.js';
import { type WithdrawAccessRequestInput, withdrawAccessRequest } from './withdrawAccessRequest.js';
import { type WithdrawGrantExtensionInput, withdrawGrantExtension } from './withdrawGrantExtension.js';

/** Everything that access does for a request. */
export type UseCases = ReturnType<typeof makeUseCases>;

/** All parameters but the first. */
type Tail<All extends readonly unknown[]> = All extends readonly [unknown, ...infer Rest] ? Rest : never;

/** The use cases on what they work with. */
export const makeUseCases = (deps: Dependencies) => ({
  quoteAccess: (caller: Caller, input: QuoteAccessInput) => quoteAccess(deps, caller, input),
  explainAccess: (caller: Caller, input: ExplainAccessInput) => explainAccess(deps, caller, input),
  publishOffer: (caller: Caller, input: PublishOfferInput) => publishOffer(deps, caller, input),
  retireOffer: (caller: Caller, offerId: string) => retireOffer(deps, caller, offerId),
  listOfferVersions,
  requestAccess: (caller: Caller, input: RequestAccessInput) => requestAccess(deps, caller, input),
  revokeGrant: (caller: Caller, input: RevokeGrantInput) => revokeGrant(deps, caller, input),
  findGrantAccount: (...args: Tail<Parameters<typeof findGrantAccount>>) => findGrantAccount(deps, ...args),
  extendGrant: (caller: Caller, input: ExtendGrantInput) => extendGrant(deps, caller, input),
  approveGrantExtension: (caller: Caller, input: ApproveGrantExtensionInput) =>
    approveGrantExtension(deps, caller, input),
  denyGrantExtension: (caller: Caller, input: DenyGrantExtensionInput) => denyGrantExtension(deps, caller, input),
  withdrawGrantExtension: (caller: Caller, input: WithdrawGrantExtensionInput) =>
    withdrawGrantExtension(deps, caller, input),
  listGrantExtensions: (...args: Tail<Parameters<typeof listGrantExtensions>>) => listGrantExtensions(deps, ...args),
  findGrantExtension,
  findExtensionUnderWay,
  endGrant: (caller: Caller, input: EndGrantInput) => endGrant(deps, caller, input),
  listOffers: (...args: Tail<Parameters<typeof listOffers>>) => listOffers(deps.database, ...args),
  approveAccessRequest: (caller: Caller, input: ApproveAccessRequestInput) => approveAccessRequest(deps, caller, input),
  denyAccessRequest: (caller: Caller, input: DenyAccessRequestInput) => denyAccessRequest(deps, caller, input),
  withdrawAccessRequest: (caller: Caller, input: WithdrawAccessRequestInput) =>
    withdrawAccessRequest(deps, caller, input),
  reviseAccessRequest: (caller: Caller, input: ReviseAccessRequestInput) => reviseAccessRequest(deps, caller, input),
  listAccessRequests: (...args: Tail<Parameters<typeof listAccessRequests>>) => listAccessRequests(deps, ...args),
  listGrantsOf,
  listTimeline,
  findOffer,
  findQuote,
  findAccessRequest,
  findGrant,
  orNotFound,
  requestStatus: (request: Waiting) => statusAt(request, deps.clock.now()),
  grantStatus: (grant: Grant) => grantStatus(grant, deps.clock.now()),
});
