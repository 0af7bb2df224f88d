import type { Money } from '../../../platform/kernel/money.js';

/** What a person may still use of a cluster under grants of one holder. */
export interface ClusterBalance {
  readonly userId: string;
  /** null of the person's own grants. */
  readonly groupId: string | null;
  readonly remaining: Money;
}
