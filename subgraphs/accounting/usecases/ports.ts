import type { MandateClaims } from '../../../platform/auth/mandateToken.js';
import type { PageRequest } from '../../../platform/kernel/cursor.js';
import type { Fault } from '../../../platform/kernel/faults.js';
import type { Money } from '../../../platform/kernel/money.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { Account, AccountKind } from '../domain/account.js';
import type { AccountSums } from '../domain/balance.js';
import type { Head } from '../domain/checkpoint.js';
import type { Hold, HoldStatus } from '../domain/hold.js';
import type { Invoice, InvoiceLine, WrittenLine } from '../domain/invoice.js';
import type { ExportedRow } from '../domain/journalFile.js';
import type { Receipt } from '../domain/receipt.js';
import type { BalancePoint, Span, Statement, TimeWindow } from '../domain/statement.js';
import type { Transfer } from '../domain/transfer.js';
import type { EscrowExtension } from './ports/escrows.js';

export type { Checkpoints, ProofSigner } from './ports/proofs.js';

/** One call of a mutation with a key: how it is recognised when it is repeated, and what the audit says of it. */
export interface Call {
  readonly scope: string;
  readonly key: string;
  readonly operation: string;
  readonly input: unknown;
  readonly fingerprint: string;
  readonly actor: string;
  readonly requestId: string;
  readonly clientIp: string;
}

/** One call of a mutation without a key: what the audit says of it. */
export type Act = Pick<Call, 'operation' | 'actor' | 'requestId' | 'clientIp'>;

/** The ids of what a mutation made or changed; a replay finds them again and shows their present. */
export interface OutcomeIds {
  readonly accountId?: string;
  readonly debitId?: string;
  readonly creditId?: string;
  readonly transferId?: string;
  readonly refundId?: string;
  readonly holdId?: string;
  readonly receiptId?: string;
  readonly invoiceId?: string;
  readonly creditNoteId?: string;
  readonly rateCardId?: string;
  readonly adjustmentId?: string;
}

/** What was found, by id; what does not exist is left out. Each look-up is one SQL statement for all ids. */
export type Found<Row> = Promise<ReadonlyMap<string, Row>>;

/** Accounts and their sums. */
export interface Accounts {
  byIds(ids: readonly string[]): Found<Account>;
  /** Each account's sums in one snapshot. */
  sumsOf(ids: readonly string[]): Found<AccountSums>;
  /** Each account's sums as of a time; zeros before it was opened. */
  sumsAt(ids: readonly string[], point: BalancePoint): Found<AccountSums>;
  /** For each owner a page of accounts in the order of their ids, and one more to tell whether there is a next page. */
  ofOwners(ownerIds: readonly string[], page: PageRequest): Found<readonly Account[]>;
}

/** An account to open. */
export interface NewAccount {
  readonly accountId: string;
  readonly name: string;
  readonly kind: AccountKind;
  readonly unit: string;
  readonly ownerId: string;
}

/** Reads the journal. */
export interface Journal {
  transfersByIds(ids: readonly string[]): Found<Transfer>;
  /** The reversals of each transfer, oldest first; the posting function limits their number. */
  reversalsOf(transferIds: readonly string[]): Found<readonly Transfer[]>;
  /** For each account a page of the transfers of a window, newest first, and one more. */
  transfersOf(accountIds: readonly string[], page: PageRequest, window: TimeWindow): Found<readonly Transfer[]>;
  /** For each account the first so many transfers of a span, oldest first, and one more. */
  transfersWithin(accountIds: readonly string[], span: Span, first: number): Found<readonly Transfer[]>;
  /** For each account the balances at either end of a window, and the span between them, in one snapshot. */
  statementsOf(accountIds: readonly string[], window: TimeWindow): Found<Statement>;
  /** The journal's last row; position 0 before the first. */
  head(): Promise<Head>;
  /** The first so many rows of a span, as they were hashed. */
  exportRows(span: Span, first: number): Promise<readonly ExportedRow[]>;
  /** Recomputes the chain of the first so many rows after a position; the first row that is wrong. */
  verifyRows(after: bigint, first: number): Promise<{ readonly checked: bigint; readonly fault: LedgerFault | null }>;
  /** Compares head, balances, holds and checkpoints with the journal, in one snapshot; the first that is wrong. */
  verifyDerived(): Promise<LedgerFault | null>;
}

/** What a check of the ledger found wrong: the id of a transfer, hold or account, or `journal`. */
export interface LedgerFault {
  readonly brokenAt: string;
  readonly detail: string;
}

/** Reads holds, as they are now: one past its time is EXPIRED. */
export interface Holds {
  byIds(ids: readonly string[]): Found<Hold>;
  /** For each account a page of the holds on it, newest first, and one more. */
  onAccounts(accountIds: readonly string[], status: HoldStatus | null, page: PageRequest): Found<readonly Hold[]>;
}

/** Reads invoices, credit notes and receipts. */
export interface Invoices {
  byIds(ids: readonly string[]): Found<Invoice>;
  linesOf(invoiceIds: readonly string[]): Found<readonly WrittenLine[]>;
  creditsOf(invoiceIds: readonly string[]): Found<readonly Invoice[]>;
  receiptsByIds(ids: readonly string[]): Found<Receipt>;
  receiptsOf(invoiceIds: readonly string[]): Found<readonly Receipt[]>;
}

/**
 * Posts. Each method looks the call's key up first, judges, writes and remembers in one transaction, so a repetition
 * gets what the first call got. A `refusal` in place of a command was judged from the input alone and is remembered too.
 * Besides the refusals of the registry's ledger part, each may throw the faults NOT_FOUND and FORBIDDEN.
 */
export interface Ledger {
  openAccount(call: Call, account: Result<NewAccount, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  post(call: Call, posting: Result<Posting, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  /** Posts many under one key; what came of each stands at its place, a fault of one being remembered with the rest. */
  postBatch(call: Call, batch: Result<TransferBatch, Refusal>): Promise<Result<readonly BatchItem[], Refusal>>;
  /** Sets an account's state; the only writing without a key, since repeating it changes nothing. */
  changeAccount(
    act: Act,
    accountId: string,
    change: Result<AccountChange, Refusal>,
  ): Promise<Result<OutcomeIds, Refusal>>;
  placeMandateHold(call: Call, hold: Result<MandateHold, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  openEscrow(call: Call, escrow: Result<NewEscrow, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  abandonEscrow(call: Call, grantId: Result<string, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  extendEscrow(call: Call, extension: Result<EscrowExtension, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  abandonExtension(
    call: Call,
    extension: Result<Pick<EscrowExtension, 'extensionId' | 'grantId'>, Refusal>,
  ): Promise<Result<OutcomeIds, Refusal>>;
  closeEscrow(call: Call, ending: Result<EscrowEnding, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  issuePrepayment(call: Call, prepayment: Result<Prepayment, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  voidPrepayment(call: Call, holdId: string): Promise<Result<OutcomeIds, Refusal>>;
  issueInvoice(call: Call, invoice: Result<NewInvoice, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  voidInvoice(call: Call, invoiceId: string, reason: Result<string, Refusal>): Promise<Result<OutcomeIds, Refusal>>;
  payInvoice(call: Call, payment: InvoicePayment): Promise<Result<OutcomeIds, Refusal>>;
}

/** What the posting function can do. Ids are made beforehand and used if the posting is accepted. */
export type Posting =
  | TransferPosting
  | HoldPosting
  | CapturePosting
  | ReleasePosting
  | ExtensionPosting
  | ReversalPosting;

/** Money that moves at once. */
export interface TransferPosting {
  readonly op: 'TRANSFER';
  readonly kind: 'DEPOSIT' | 'TRANSFER';
  readonly id: string;
  readonly debitId: string;
  readonly creditId: string;
  readonly amount: Money;
  readonly description: string;
  /** When it counts from; absent: when it is recorded. The ledger's own clock judges it. */
  readonly effectiveAt?: Date;
}

/** Transfers under one key, in their order: what to post, or why not. */
export interface TransferBatch {
  /** All or none. */
  readonly linked: boolean;
  readonly items: readonly (Result<TransferPosting, Refusal> | Fault)[];
}

/** What came of one item of a batch. */
export type BatchItem = Result<OutcomeIds, Refusal> | Fault;

/** What may be set on an account. */
export type AccountChange =
  | { readonly change: 'FREEZE' | 'UNFREEZE' | 'CLOSE' }
  | { readonly change: 'OVERDRAFT'; readonly limit: Money };

/** Money to reserve. */
export interface HoldPosting {
  readonly op: 'HOLD';
  readonly id: string;
  readonly debitId: string;
  readonly creditId: string;
  readonly amount: Money;
  readonly expiresInSeconds: number;
  /** '' where nothing is named. */
  readonly resource: string;
  readonly reason: string;
  /** The person in whose name an escrow is debited. */
  readonly holderId: string;
}

/** Money to reserve by a mandate, which is for this payee and resource. */
export interface MandateHold {
  readonly mandate: MandateClaims;
  readonly holdId: string;
  readonly amount: Money;
  readonly expiresInSeconds: number;
  readonly reason: string;
}

/** Reserved money that moves. */
export interface CapturePosting {
  readonly op: 'CAPTURE';
  readonly id: string;
  readonly receiptId: string;
  readonly hold: Hold;
  readonly amount: Money;
  readonly final: boolean;
}

/** Reserved money to free. */
export interface ReleasePosting {
  readonly op: 'RELEASE';
  readonly hold: Hold;
}

/** A hold to keep for longer, or to let reserve more. */
export interface ExtensionPosting {
  readonly op: 'EXTEND';
  readonly hold: Hold;
  /** From now; 0 for as long as before. */
  readonly expiresInSeconds: number;
  /** What it shall reserve in all; null for as much as before. */
  readonly amount: Money | null;
  /** The person in whose name an escrow is debited. */
  readonly holderId: string;
}

/** A transfer to undo. */
export interface ReversalPosting {
  readonly op: 'REVERSE';
  readonly id: string;
  readonly original: Transfer;
  /** null for all that is not reversed yet. */
  readonly amount: Money | null;
  readonly reason: string;
}

/** An escrow to open, with the hold that will fill it. */
export interface NewEscrow {
  readonly accountId: string;
  readonly holdId: string;
  readonly name: string;
  readonly grantId: string;
  readonly holderId: string;
  readonly payerId: string;
  readonly payeeId: string;
  readonly amount: Money;
  readonly expiresInSeconds: number;
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** Who opens it and may close it: service:<name>. */
  readonly service: string;
  /** What the grant is of, for reports. */
  readonly offerId?: string | null;
  readonly clusterId?: string | null;
  /** The person who spends the price; absent: the holder. */
  readonly spenderId?: string;
}

/** An escrow to close. */
export interface EscrowEnding {
  readonly accountId: string;
  readonly earned: Money;
  readonly usageId: string;
  readonly refundId: string;
  readonly creditNoteId: string;
}

/** A prepayment invoice to give out. */
export interface Prepayment {
  readonly invoiceId: string;
  readonly holdId: string;
  readonly lines: readonly InvoiceLine[];
}

/** An invoice to give out that no hold pays. The lines add up to the total, all in its unit. */
export interface NewInvoice {
  readonly invoiceId: string;
  readonly payerId: string;
  readonly payeeId: string;
  readonly total: Money;
  readonly lines: readonly InvoiceLine[];
}

/** The payment of an invoice, with the ids of what it makes. */
export interface InvoicePayment {
  readonly invoiceId: string;
  readonly transferId: string;
  readonly receiptId: string;
}
