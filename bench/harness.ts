/** One workload and the limit or peer it is measured against. */
export interface Comparison<Figure> {
  readonly name: string;
  /** What is measured: Tollgate. */
  readonly subject: () => Promise<Figure>;
  /** What bounds it: a limit or a peer on the same machine, with the same data, in the same run. */
  readonly limit: () => Promise<Figure>;
}

/** Rounds of an alternating run; the median of an odd number is one of them. */
const ROUNDS = 5;

/**
 * Runs subject and limit in turn (A-B-A-B ...), so that a noisy machine disturbs both alike.
 * @param onRound told of each pair as it comes
 */
export async function alternate<Figure>(
  comparison: Comparison<Figure>,
  onRound: (round: number, subject: Figure, limit: Figure) => void,
): Promise<readonly { readonly subject: Figure; readonly limit: Figure }[]> {
  const pairs: { subject: Figure; limit: Figure }[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const subject = await comparison.subject();
    const limit = await comparison.limit();
    onRound(round, subject, limit);
    pairs.push({ subject, limit });
  }
  return pairs;
}

/** The middle one of an odd number of figures. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
