import type { Money } from '../../../../platform/kernel/money.js';
import type { Refusal } from '../../../../platform/kernel/refusal.js';
import type { Result } from '../../../../platform/kernel/result.js';
import type { EscrowBalance } from '../../domain/grantAccount.js';
import type { PriceBasis } from '../../domain/offer.js';
import type { QuoteLine } from '../../domain/quote.js';
import type { Window } from '../../domain/window.js';

/**
 * What access asks of other services. Every call may throw: a Fault NOT_FOUND, FORBIDDEN or BAD_USER_INPUT means that
 * it was not done; anything else that it is unknown, and the same call with the same key may be made again.
 */
export interface Peers {
  readonly identity: IdentityPeer;
  readonly accounting: AccountingPeer;
  readonly storage: StoragePeer;
  readonly compute: ComputePeer;
}

/** On whose behalf a call is made, and until when its answer is awaited. */
export interface CallTrace {
  readonly requestId: string;
  readonly clientIp: string;
  readonly userAgent: string;
  /** In milliseconds since the epoch. */
  readonly deadlineAt: number;
}

/** What makes a call safe to repeat. */
export interface KeyedCall extends CallTrace {
  readonly key: string;
}

/** Identity. */
export interface IdentityPeer {
  /** A token for one service and some scopes. @throws Fault UNAUTHENTICATED, FORBIDDEN where the person's is not enough */
  exchangeToken(
    wish: { readonly token: string; readonly audience: 'accounting'; readonly scopes: readonly string[] },
    trace: CallTrace,
  ): Promise<string>;
}

/** An escrow to open. */
export interface EscrowWish extends Window {
  readonly grantId: string;
  readonly holderId: string;
  readonly payerAccountId: string;
  readonly payeeAccountId: string;
  /** What it is of, for accounting's reports; the cluster is null of a drive. */
  readonly offerId: string;
  readonly clusterId: string | null;
  readonly amount: Money;
  readonly holdExpiresInSeconds: number;
}

/** An account, as its owner sees it. */
export interface PeerAccount {
  readonly id: string;
  readonly kind: string;
  readonly unit: string;
  /** The person or group that owns it; null for none. */
  readonly ownerId: string | null;
  readonly status: string;
  readonly availableMicros: bigint;
  /** What limits spending from it, besides the funds. */
  readonly budgets: readonly PeerBudget[];
}

/** A budget, as far as it can refuse. */
export interface PeerBudget {
  /** As a refusal names it. */
  readonly name: string;
  /** The person whose spending alone it counts; null: everybody's. */
  readonly memberId: string | null;
  readonly isHard: boolean;
  /** The present period, or the window. */
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly remainingMicros: bigint;
}

/** Accounting. */
export interface AccountingPeer {
  /** What escrows hold, in their order. */
  findEscrows(ids: readonly string[], call: CallTrace): Promise<readonly EscrowBalance[]>;
  /** An account that the token's person sees all of; else null. */
  findAccount(id: string, call: CallTrace & { readonly token: string }): Promise<PeerAccount | null>;
  openEscrow(
    wish: EscrowWish,
    call: KeyedCall & { readonly token: string },
  ): Promise<
    Result<{ readonly escrowAccountId: string; readonly holdId: string; readonly payerGroupId: string | null }, Refusal>
  >;
  issuePrepayment(
    wish: { readonly holdId: string; readonly lines: readonly QuoteLine[] },
    call: KeyedCall,
  ): Promise<Result<{ readonly invoiceId: string }, Refusal>>;
  voidPrepayment(holdId: string, call: KeyedCall): Promise<Result<null, Refusal>>;
  captureHold(
    wish: { readonly holdId: string; readonly amount: Money },
    call: KeyedCall,
  ): Promise<Result<null, Refusal>>;
  releaseHold(holdId: string, call: KeyedCall): Promise<Result<null, Refusal>>;
  closeEscrow(
    wish: { readonly escrowAccountId: string; readonly earnedSoFar: Money },
    call: KeyedCall,
  ): Promise<Result<{ readonly refundTransferId: string | null; readonly refundedMicros: bigint }, Refusal>>;
  /** Moves an escrow's end and reserves what it shall get besides; `price` is null where it costs nothing. */
  extendEscrow(
    wish: ExtensionName & {
      readonly payerAccountId: string;
      readonly price: { readonly amount: Money; readonly holdExpiresInSeconds: number } | null;
      readonly endsAt: Date;
    },
    call: KeyedCall & { readonly token: string },
  ): Promise<Result<{ readonly holdId: string | null }, Refusal>>;
  /** Undoes extendEscrow, which was perhaps never made; it can then never be made. */
  abandonExtension(extension: ExtensionName, call: KeyedCall): Promise<Result<null, Refusal>>;
  /** Gives up an escrow that was perhaps never opened; it can then never be opened. */
  abandonEscrow(grantId: string, call: KeyedCall): Promise<Result<null, Refusal>>;
}

/** An extension, and the grant that it is of. */
export interface ExtensionName {
  readonly extensionId: string;
  readonly grantId: string;
}

/** A drive to make. */
export interface DriveWish extends Window {
  readonly grantId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly quotaBytes: bigint;
}

/** Storage. */
export interface StoragePeer {
  /** Whether a drive of this size could be made now, as far as can be told without making it. */
  hasRoom(quotaBytes: bigint, trace: CallTrace): Promise<boolean>;
  provisionDrive(wish: DriveWish, call: KeyedCall): Promise<Result<null, Refusal>>;
  activateDrive(grantId: string, call: KeyedCall): Promise<Result<null, Refusal>>;
  closeDrive(
    wish: { readonly grantId: string; readonly purge: boolean },
    call: KeyedCall,
  ): Promise<Result<null, Refusal>>;
  extendDrive(
    wish: ExtensionName & { readonly quotaBytes: bigint; readonly endsAt: Date },
    call: KeyedCall,
  ): Promise<Result<null, Refusal>>;
  /** Undoes extendDrive, which was perhaps never made; it can then never be made. */
  shrinkDrive(extension: ExtensionName, call: KeyedCall): Promise<Result<null, Refusal>>;
}

/** An allocation to make. */
export interface AllocationWish extends Window {
  readonly grantId: string;
  readonly holderId: string;
  readonly escrowAccountId: string;
  readonly payeeAccountId: string;
  readonly clusterId: string;
  readonly unitPrice: Money;
  readonly per: PriceBasis;
}

/** Compute. */
export interface ComputePeer {
  hasCluster(clusterId: string, trace: CallTrace): Promise<boolean>;
  provisionAllocation(wish: AllocationWish, call: KeyedCall): Promise<Result<null, Refusal>>;
  activateAllocation(grantId: string, call: KeyedCall): Promise<Result<null, Refusal>>;
  extendAllocation(
    wish: ExtensionName & {
      readonly endsAt: Date;
      /** What was paid into the escrow so far. */
      readonly paid: Money;
      readonly added: { readonly quantityMicros: bigint; readonly unitPrice: Money; readonly amount: Money } | null;
    },
    call: KeyedCall,
  ): Promise<Result<null, Refusal>>;
  /** Undoes extendAllocation, which was perhaps never made; it can then never be made. */
  shrinkAllocation(extension: ExtensionName, call: KeyedCall): Promise<Result<null, Refusal>>;
  /** `isSettled` is false while jobs are still to be settled: ask again. */
  closeAllocation(
    wish: { readonly grantId: string; readonly wait: boolean },
    trace: CallTrace,
  ): Promise<Result<{ readonly isSettled: boolean }, Refusal>>;
}
