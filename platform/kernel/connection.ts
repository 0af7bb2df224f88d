import { encodeCursor, type PageRequest } from './cursor.js';

/** A page of a list in the form of a Relay connection. */
export interface Connection<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/**
 * Makes a connection from rows of a keyset query.
 * @param rows what was found after the cursor, read with a limit of `page.first + 1`
 * @param position the values of a row's sort key, as text
 */
export function toConnection<Node>(
  rows: readonly Node[],
  page: PageRequest,
  position: (node: Node) => readonly string[],
): Connection<Node> {
  const nodes = rows.slice(0, page.first);
  const edges = nodes.map((node) => ({ cursor: encodeCursor(position(node)), node }));
  return {
    edges,
    nodes,
    pageInfo: { hasNextPage: rows.length > page.first, endCursor: edges.at(-1)?.cursor ?? null },
  };
}
