/** A balance as the graph gives it. */
export interface OodLine {
  readonly user: { readonly username: string };
  readonly group: { readonly name: string } | null;
  /** A decimal of the unit. */
  readonly remaining: { readonly amount: string };
}

/** Version 1 of the file that Open OnDemand's dashboard reads (OOD_BALANCE_PATH). */
export interface OodBalances {
  readonly version: 1;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly config: { readonly unit: string; readonly project_type: string };
  /** Without `project` it is the user's own. */
  readonly balances: readonly { readonly user: string; readonly project?: string; readonly value: number }[];
}

/**
 * Makes the file. Its values are whole: the dashboard drops what follows the point, and so does this, so that nobody is
 * shown more than there is.
 */
export const oodBalances = (
  lines: readonly OodLine[],
  { unit, at }: { readonly unit: string; readonly at: Date },
): OodBalances => ({
  version: 1,
  timestamp: Math.floor(at.getTime() / 1_000),
  config: { unit, project_type: 'group' },
  balances: lines.map(({ user, group, remaining }) => ({
    user: user.username,
    ...(group === null ? {} : { project: group.name }),
    // At most 10^12 units: a number holds it exactly.
    value: Math.trunc(Number(remaining.amount)),
  })),
});
