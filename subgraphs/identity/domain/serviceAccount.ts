/** A program that calls Tollgate, without its secret. */
export interface ServiceAccount {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  /** The clusters that compute:control and accounting:usage are bound to. */
  readonly clusterIds: readonly string[];
  readonly createdAt: Date;
  /** Since when it gets no tokens any more and those it has are dead; null while it may be used. */
  readonly disabledAt: Date | null;
}
