import type { Entry } from 'ldapts';

/** An attribute's values as bytes or text; servers write its name in whatever case they like. */
function rawValuesOf(entry: Entry, attribute: string): readonly (string | Buffer)[] {
  const name = Object.keys(entry).find((key) => key.toLowerCase() === attribute.toLowerCase());
  const value = name === undefined ? [] : (entry[name] ?? []);
  return Array.isArray(value) ? value : [value];
}

/** An attribute's values as text. */
export const valuesOf = (entry: Entry, attribute: string): readonly string[] =>
  rawValuesOf(entry, attribute).map((value) => (typeof value === 'string' ? value : value.toString('utf8')));

/** An attribute's first value; null where it has none. */
export const textOf = (entry: Entry, attribute: string): string | null => valuesOf(entry, attribute)[0] ?? null;

/** What names the entry for good, as base64url of its bytes: some directories give text, others 16 bytes. */
export function idOf(entry: Entry, attribute: string): string | null {
  const [value] = rawValuesOf(entry, attribute);
  if (value === undefined || value.length === 0) return null;
  return Buffer.from(value).toString('base64url');
}
