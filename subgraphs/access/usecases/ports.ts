import type { GroupRole, Roles } from '../../../platform/auth/memberships.js';
import type { Viewer } from '../../../platform/auth/viewer.js';
import type { SqlSession } from '../../../platform/database/sql.js';
import type { PageRequest } from '../../../platform/kernel/cursor.js';
import type { AccessRequest, AccessRequestEvent, AccessReview } from '../domain/accessRequest.js';
import type { Extension } from '../domain/extension.js';
import type { Grant } from '../domain/grant.js';
import type { EscrowBalance } from '../domain/grantAccount.js';
import type { ApprovalPolicy, Offer, OfferKind, OfferVersion } from '../domain/offer.js';
import type { Quote } from '../domain/quote.js';
import type { AccessRequestStatus } from '../domain/requestStates.js';
import type { Part } from '../domain/review.js';
import type { SagaState } from '../domain/saga.js';
import type { Decision } from './ports/sagas.js';

/** Who asks, and what of the request use cases need to know. */
export interface Caller {
  readonly viewer: Viewer;
  /** The bearer token as received: exchanged once, never kept. */
  readonly token: string | null;
  readonly requestId: string;
  readonly clientIp: string;
  readonly userAgent: string;
  /** When the answer must be out, in milliseconds since the epoch. */
  readonly deadlineAt: number;
}

/** Which part of a list below many parents is read. */
export interface ChildPage {
  readonly parentId: string;
  readonly page: PageRequest;
}

/** The offers. */
export interface Offers {
  byIds(ids: readonly string[]): Promise<readonly Offer[]>;
  /** ACTIVE ones by name that somebody in these groups sees (null: all), one more than the page has. */
  page(
    filter: { readonly kind: OfferKind | null; readonly visibleTo: readonly string[] | null },
    page: PageRequest,
  ): Promise<readonly Offer[]>;
  insert(offer: Offer, publishedBy: string): Promise<void>;
  /** One, locked until the transaction ends: its publishers take turns. */
  lock(id: string): Promise<Offer | null>;
  /** Adds the next version. */
  insertVersion(offer: Offer, publishedBy: string): Promise<void>;
  retire(id: string): Promise<void>;
  /** The account that earned last from an offer of a provider in a unit; null where there is no such offer. */
  payeeOf(providerId: string, unit: string): Promise<string | null>;
  /** An offer by the terms of one version. */
  atVersion(offerId: string, version: number): Promise<Offer | null>;
  /** For each offer its versions, newest first, one more than the page has. */
  versions(wanted: readonly ChildPage[]): Promise<readonly (readonly OfferVersion[])[]>;
}

/** The quotes. */
export interface Quotes {
  byIds(ids: readonly string[]): Promise<readonly Quote[]>;
  /** @param madeForId the request that it is made within, so that it goes with it; null where asked for by itself */
  insert(quote: Quote, madeForId: string | null): Promise<void>;
}

/** What a request is begun with. */
export interface NewAccessRequest {
  readonly id: string;
  readonly requesterId: string;
  readonly quoteId: string;
  readonly accountId: string;
  readonly name: string;
  readonly justification: string | null;
  readonly groupId: string | null;
  readonly requesterRole: GroupRole | null;
  readonly providerId: string;
  readonly approval: ApprovalPolicy;
  readonly twoPeopleAboveMicros: bigint | null;
  readonly quantityMicros: bigint;
  readonly totalMicros: bigint;
  readonly unit: string;
  readonly reviewDeadline: Date | null;
  readonly grantId: string;
}

/** Which requests to list: those of one person, or those that a person with these groups as ADMIN decides on. */
export interface RequestFilter {
  /** Null: everybody's. */
  readonly requesterId: string | null;
  /** The groups whose ADMIN decides; null: not only what is to be decided. */
  readonly reviewedBy: { readonly userId: string; readonly groupIds: readonly string[] } | null;
  readonly status: AccessRequestStatus | null;
  readonly now: Date;
}

/** What people change of a request. */
export interface RequestChange extends Partial<Part> {
  readonly status: AccessRequestStatus;
  readonly decision?: Decision;
  readonly revision?: number;
  readonly name?: string;
  readonly justification?: string | null;
}

/** The requests with their timelines. */
export interface AccessRequests {
  /** Those that may be seen. */
  byIds(ids: readonly string[]): Promise<readonly AccessRequest[]>;
  /** Newest first, one more than the page has; of everybody where requesterId is null. */
  page(filter: RequestFilter, page: PageRequest): Promise<readonly AccessRequest[]>;
  insert(request: NewAccessRequest): Promise<void>;
  /** One whether it may be seen or not; null where it was dismissed. */
  find(id: string): Promise<AccessRequest | null>;
  /** Lets it be seen from now on. */
  show(id: string): Promise<void>;
  /** Forgets one that nobody has seen, with its quote; false where it was seen. */
  dismiss(id: string): Promise<boolean>;
  /** Ends one that was seen although its price was refused. */
  fail(id: string, failure: NonNullable<AccessRequest['failure']>): Promise<void>;
  /** One that may be seen, locked until the transaction ends: its reviewers take turns. */
  lock(id: string): Promise<AccessRequest | null>;
  /** Writes what people changed, with a line in the timeline. */
  change(id: string, change: RequestChange, event: { readonly step: string; readonly actor: string }): Promise<void>;
  addReview(requestId: string, review: Omit<AccessReview, 'at'>): Promise<void>;
  /** For each request its reviews, oldest first. */
  reviews(requestIds: readonly string[]): Promise<readonly (readonly AccessReview[])[]>;
  /** For each parent its steps, oldest first, one more than the page has. */
  timelines(wanted: readonly ChildPage[]): Promise<readonly (readonly AccessRequestEvent[])[]>;
}

/** How a grant ends. */
export interface GrantEnd {
  readonly endedAt: Date;
  readonly waitForJobs: boolean;
  /** A person's id, or service:access where its window is over. */
  readonly endedBy: string;
  readonly endReason: string | null;
  /** Whether a drive's content goes at once. */
  readonly purge: boolean;
}

/** The grants. */
export interface Grants {
  /** One, locked until the transaction ends: its ends and extensions take turns. */
  lock(id: string): Promise<Grant | null>;
  /** OPEN ones of compute whose window is not over, by their ids, after one. */
  openOfCompute(after: string | null, now: Date, maximum: number): Promise<readonly Grant[]>;
  byIds(ids: readonly string[]): Promise<readonly Grant[]>;
  /** For each holder the grants, newest first, one more than the page has. */
  ofHolders(wanted: readonly ChildPage[]): Promise<readonly (readonly Grant[])[]>;
  /** OPEN becomes ENDING; false where it was not open any more. */
  beginEnding(id: string, end: GrantEnd): Promise<boolean>;
  /** One that is ENDING waits for its jobs no more, by whom and why is kept; false where it did not wait. */
  stopWaiting(id: string, end: Pick<GrantEnd, 'endedBy' | 'endReason'>): Promise<boolean>;
}

/** What an extension is begun with; the rest stands with its grant, or comes of its chain. */
export type NewExtension = Omit<
  Extension,
  'status' | 'accountId' | 'payerGroupId' | 'unit' | 'holdId' | 'invoiceId' | 'failure'
>;

/** What is added to grants. */
export interface Extensions {
  byIds(ids: readonly string[]): Promise<readonly Extension[]>;
  /** As of requests; what is not reserved yet is nobody's to decide on. */
  page(filter: RequestFilter, page: PageRequest): Promise<readonly Extension[]>;
  insert(extension: NewExtension): Promise<void>;
  /** One; null where it was dismissed. */
  find(id: string): Promise<Extension | null>;
  /** For each grant the one that is under way; null where none is. */
  ofGrants(grantIds: readonly string[]): Promise<readonly (Extension | null)[]>;
  /** One, locked until the transaction ends: its reviewers take turns. */
  lock(id: string): Promise<Extension | null>;
  /** Writes what people decided. */
  change(id: string, change: { readonly status: AccessRequestStatus; readonly decision?: Decision }): Promise<void>;
  addReview(id: string, review: Pick<AccessReview, 'verdict' | 'reason' | 'reviewerId'>): Promise<void>;
  /** For each extension its reviews, oldest first. */
  reviews(ids: readonly string[]): Promise<readonly (readonly AccessReview[])[]>;
  /** Whether one of a grant is under way that is not being undone. */
  mayExtend(grantId: string): Promise<boolean>;
  /** Forgets one that is under way and whose price was refused. */
  dismiss(id: string): Promise<void>;
}

/** The sagas under way. */
export interface SagaRuns {
  /** Begins one whose first runner is the caller, and sees to it that another takes over should the caller die. */
  begin(run: {
    readonly id: string;
    readonly saga: SagaName;
    readonly state: SagaState;
    readonly now: Date;
  }): Promise<Lease>;
  /** Takes one that waits for people from whoever has it, for anybody to go on with at once; its time begins anew. */
  free(id: string, saga: SagaName, now: Date): Promise<void>;
  /** Takes the end of a grant that waits for its jobs from whoever has it, to be gone on with at once; false if none is. */
  freeWaitingForJobs(id: string): Promise<boolean>;
  /** Ends one whose first step was refused. @throws LeaseLost where another runner has it */
  drop(lease: Lease): Promise<void>;
  /** Whether a runner is at it, or died at it; not where it has ended or waits in the queue by its own wish. */
  isInHand(id: string): Promise<boolean>;
}

/** The sagas there are. */
export const sagaNames = ['requestAccess', 'reviewedAccess', 'extendGrant', 'reviewedExtension', 'endGrant'] as const;
/** One of them. */
export type SagaName = (typeof sagaNames)[number];

/** A runner's right to write: the fence grows with each runner, and an older one is refused. */
export interface Lease {
  readonly id: string;
  readonly fence: bigint;
}

/** Another runner has taken over; this one must stop without writing anything. */
export class LeaseLost extends Error {
  constructor(id: string) {
    super(`another runner has ${id}`);
    this.name = 'LeaseLost';
  }
}

/** Everything that is kept, as seen from within one transaction or from without. */
export interface Store {
  /** For what the platform keeps in the same transaction: idempotency keys and the audit. */
  readonly sql: SqlSession;
  /** Forgets what was answered to an idempotency key. */
  forgetKey(scope: string, key: string): Promise<void>;
  readonly offers: Offers;
  readonly quotes: Quotes;
  readonly requests: AccessRequests;
  readonly grants: Grants;
  readonly extensions: Extensions;
  readonly sagaRuns: SagaRuns;
}

/** Seals quotes, so that nobody changes one after it was given, the database's owner included. */
export interface QuoteSeal {
  /** @returns a compact JWS */
  sign(claims: object): Promise<string>;
  isGenuine(proof: string, claims: object): Promise<boolean>;
}

/** People, as identity's feed tells of them. */
export interface People {
  of(userId: string): { readonly isDisabled: boolean; readonly roles: Roles };
}

/** The database. */
export interface Database extends Store {
  transactionally<Value>(work: (store: Store) => Promise<Value>): Promise<Value>;
}

/** Loads one thing of many, batched. */
export interface Loader<Key, Value> {
  load(key: Key): Promise<Value>;
}

/** The loaders of one request: one SQL statement for each batch. */
export interface Loaders {
  readonly offers: Loader<string, Offer | null>;
  readonly quotes: Loader<string, Quote | null>;
  readonly requests: Loader<string, AccessRequest | null>;
  readonly grants: Loader<string, Grant | null>;
  readonly extensions: Loader<string, Extension | null>;
  /** By the grants' ids. */
  readonly extensionsOf: Loader<string, Extension | null>;
  readonly extensionReviews: Loader<string, readonly AccessReview[]>;
  readonly offerVersions: Loader<ChildPage, readonly OfferVersion[]>;
  /** What an escrow holds, as accounting tells. */
  readonly escrows: Loader<{ readonly id: string; readonly caller: Caller }, EscrowBalance>;
  readonly reviews: Loader<string, readonly AccessReview[]>;
  readonly timelines: Loader<ChildPage, readonly AccessRequestEvent[]>;
  readonly grantsOf: Loader<ChildPage, readonly Grant[]>;
}
