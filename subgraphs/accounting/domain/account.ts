export { isUnitName } from '../../../platform/kernel/money.js';

/** What an account is for (schema/accounting/account.graphql says it in words). */
export type AccountKind = 'PERSONAL' | 'GROUP' | 'ESCROW' | 'REVENUE' | 'ISSUANCE';

/** Whether an account may be used. */
export type AccountStatus = 'OPEN' | 'FROZEN' | 'CLOSED';

/** Money of one owner in one unit; its sums stand in a Balance. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly kind: AccountKind;
  readonly unit: string;
  readonly status: AccountStatus;
  /** A person or a group; an escrow's holder; null for ISSUANCE. */
  readonly ownerId: string | null;
}
