import type { Money } from '../../../../platform/kernel/money.js';
import type { Refusal } from '../../../../platform/kernel/refusal.js';
import type { ExtensionPlan } from '../../domain/extension.js';
import type { Offer, OfferKind } from '../../domain/offer.js';
import type { Quote } from '../../domain/quote.js';
import type { Part } from '../../domain/review.js';
import type { SagaPlan, SagaState } from '../../domain/saga.js';
import type { Lease } from '../ports.js';
import type { CallTrace, KeyedCall } from './peers.js';

/** What the chain of a request has learnt of the things it made; each is null until it is known. */
export interface RequestFacts {
  readonly escrowAccountId: string | null;
  readonly holdId: string | null;
  readonly invoiceId: string | null;
  /** Whether the money is known to have moved into the escrow. */
  readonly captured: boolean;
  /** The group that owns the paying account; null for a person's. */
  readonly payerGroupId: string | null;
}

/** What the chain of a request works on. */
export interface RequestSubject extends RequestFacts {
  readonly grantId: string;
  readonly holderId: string;
  readonly payerAccountId: string;
  readonly name: string;
  readonly offer: Offer;
  /** What was quoted, and reserved. */
  readonly quote: Quote;
  /** What of it is provisioned and charged: all, or what was approved. */
  readonly agreed: Part;
  /** Until when people may decide; null where nobody has to. */
  readonly reviewDeadline: Date | null;
  /** What they decided; null until then. */
  readonly decision: Decision | null;
}

/** What people decided on a request, or an extension. */
export type Decision = 'APPROVED' | 'DENIED' | 'WITHDRAWN';

/** What the chain that ends a grant learns. */
export interface EndingFacts {
  /** The transfer that returned what was left; null where nothing was. */
  readonly refundTransferId: string | null;
  /** What it returned, in millionths. */
  readonly refundedMicros: bigint;
}

/** What the chain that ends a grant works on. */
export interface EndingSubject extends EndingFacts {
  readonly grantId: string;
  readonly kind: OfferKind;
  readonly escrowAccountId: string;
  readonly unit: string;
  readonly waitForJobs: boolean;
  /** Whether a drive's content goes at once. */
  readonly purge: boolean;
}

/** What is to be settled of a grant that is being ended. */
export interface Settlement {
  /** Whether an extension may still add to it: then it is asked for again. */
  readonly isExtending: boolean;
  /** What the provider has earned by time, in millionths. */
  readonly earnedMicros: bigint;
}

/** What the chain of an extension has learnt; each is null until it is known, or where nothing is to pay. */
export interface ExtensionFacts {
  readonly holdId: string | null;
  readonly invoiceId: string | null;
}

/** What the chain of an extension works on. */
export interface ExtensionSubject extends ExtensionFacts {
  readonly extensionId: string;
  readonly grantId: string;
  readonly offer: Pick<Offer, 'kind' | 'per'>;
  readonly payerAccountId: string;
  /** Until when people may decide; null where nobody has to. */
  readonly reviewDeadline: Date | null;
  /** What they decided; null until then. */
  readonly decision: Decision | null;
  readonly plan: ExtensionPlan;
  readonly total: Money;
  /** What the grant had before; it stands as long as the extension is under way. */
  readonly before: { readonly quantityMicros: bigint; readonly endsAt: Date; readonly paidMicros: bigint };
}

/** A saga in the hands of one runner. */
export interface Run<Subject> extends Lease {
  readonly state: SagaState;
  readonly startedAt: Date;
  readonly subject: Subject;
}

/** What became known by a step, to be written with the state that follows from it. */
export interface StepRecord<Facts> {
  readonly facts: Partial<Facts>;
  /** The timeline's entry. */
  readonly event: { readonly step: string; readonly result: string };
}

/** A call that does not come to its end, for the alarm. */
export interface Stuck {
  readonly call: string;
  /** The code of the refusal, or NO_ANSWER. */
  readonly outcome: string;
}

/** Where a saga's state is kept. All writes throw LeaseLost where another runner has taken over. */
export interface SagaJournal<Subject, Facts> {
  /** Takes a run over; null where another runner has it, or where it has ended. */
  claim(id: string): Promise<Run<Subject> | null>;
  /** Takes over so many that their runners left: they died, or let the lease end. None: an empty list. */
  claimLeft(limit: number): Promise<readonly Run<Subject>[]>;
  /** Writes what became known, and the state that follows. */
  record(run: Run<Subject>, state: SagaState, record: StepRecord<Facts>): Promise<void>;
  /** Writes that a step was tried without an answer, and keeps the lease. */
  retry(run: Run<Subject>, state: SagaState, stuck: Stuck | null): Promise<void>;
  /** Gives the run to whoever takes it up, not before `delayMs` from now. */
  handOver(run: Run<Subject>, state: SagaState, delayMs: number, stuck: Stuck | null): Promise<void>;
  /** Writes the end; `failure` is null where the saga completed. */
  finish(run: Run<Subject>, failure: Refusal | null, record: StepRecord<Facts>): Promise<void>;
}

/** Gives a token that lets access spend for the person, within the person's own call. */
export type SpendToken = (call: KeyedCall) => Promise<string>;

/** What a runner that serves a person's call has of it. */
export interface InlineCall {
  readonly trace: Omit<CallTrace, 'deadlineAt'>;
  /** Null where nothing is spent. */
  readonly spendToken: SpendToken | null;
}

/** How a runner left a saga. */
export type SagaEnd =
  | { readonly kind: 'COMPLETED' }
  | { readonly kind: 'UNDONE' }
  /** The first step was refused, or was a fault of the caller's: the run is still open, for the caller to drop. */
  | { readonly kind: 'REFUSED'; readonly refusal: Refusal }
  | { readonly kind: 'FAULTED'; readonly error: unknown }
  | { readonly kind: 'HANDED_OVER' };

/** One kind of saga, ready to be run. */
export interface Chain<Subject> {
  readonly plan: SagaPlan;
  /** Takes a run as far as it gets. @throws LeaseLost */
  run(run: Run<Subject>, call: InlineCall): Promise<SagaEnd>;
}
