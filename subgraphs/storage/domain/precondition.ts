/** The conditional headers of a request (RFC 9110, 13). */
export interface Conditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifRange?: string | undefined;
}

/** A version's strong entity tag: its digest. */
export const entityTagOf = (sha256: string): string => `"${sha256}"`;

/** What the conditions say of the thing with this tag: serve it, 412 or 304. */
export function judgeConditions(tag: string, { ifMatch, ifNoneMatch }: Conditions): 'serve' | 'failed' | 'unchanged' {
  if (ifMatch !== undefined && !names(ifMatch, tag, false)) return 'failed';
  if (ifNoneMatch !== undefined && names(ifNoneMatch, tag, true)) return 'unchanged';
  return 'serve';
}

/** Whether a Range header counts: If-Range names another version where the client's part is of that. */
export const rangeCounts = (tag: string, { ifRange }: Conditions): boolean =>
  ifRange === undefined || ifRange.trim() === tag;

/** If-None-Match compares weakly, If-Match strongly: a weak tag never matches there. */
function names(header: string, tag: string, weakly: boolean): boolean {
  return header
    .split(',')
    .map((item) => item.trim())
    .some((item) => item === '*' || item === tag || (weakly && item === `W/${tag}`));
}
