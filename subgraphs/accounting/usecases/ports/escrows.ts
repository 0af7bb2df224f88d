import type { Money } from '../../../../platform/kernel/money.js';

/** An escrow to extend, with the hold that will add to it. */
export interface EscrowExtension {
  readonly extensionId: string;
  readonly grantId: string;
  readonly payerId: string;
  readonly holdId: string;
  /** Null where it costs nothing. */
  readonly reserved: { readonly amount: Money; readonly expiresInSeconds: number } | null;
  readonly endsAt: Date;
  /** Who extends it: service:<name>. */
  readonly service: string;
  /** In whose name the price is spent: who asks for it. */
  readonly spenderId: string;
}
