import { type IdKind, isId } from '../../../platform/kernel/ids.js';

/** Those that are ids of a kind. A text of another form names nothing, and PostgreSQL would not even take all of them. */
export const wellFormed = (kind: IdKind, ids: readonly string[]): string[] => ids.filter((id) => isId(kind, id));
