import type { AcctKey } from './value.js';

/** Where a value stands, for messages: keys and indexes, never values. */
export type Path = readonly (AcctKey | number)[];

/** `provider.profile.key`, or `the document` at its top. */
export const pathText = (path: Path): string => (path.length === 0 ? 'the document' : path.map(String).join('.'));
