/** Reads JSON of somebody else's, to be checked for its form. Undefined for what is none: the parser's own error would quote it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
