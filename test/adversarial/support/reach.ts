import { toldIn } from './intrusion.js';
import type { GraphText } from './wholeGraph.js';

/** What came of a try, by its answer. */
export interface Reach {
  /** Whether it did or told something: a payload of a mutation, or a value beyond the ids that were sent. */
  readonly reached: boolean;
  readonly text: string;
}

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly {
    readonly path?: readonly (string | number)[];
    readonly extensions: { readonly code: string };
  }[];
}

const REFUSED = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ASSERTION_INVALID']);

/**
 * Judges an answer. A try is held back where its root answers with a fault of right, or tells nothing. Whatever else comes, a
 * fault of another kind included, counts as reached: it came past the question of rights.
 */
export function reachOf(kind: 'query' | 'mutation' | 'entity', text: GraphText['text']): Reach {
  const { data, errors = [] } = JSON.parse(text) as Answer;
  const rootDepth = kind === 'entity' ? 2 : 1;
  const atRoot = errors.filter(({ path }) => path === undefined || path.length <= rootDepth);
  if (atRoot.some(({ extensions }) => !REFUSED.has(extensions.code))) return { reached: true, text };
  if (atRoot.length > 0) return { reached: false, text };
  const isPayload = kind === 'mutation' && Object.values(data ?? {}).some((value) => value !== null);
  return { reached: isPayload || toldIn(data).length > 0, text };
}
