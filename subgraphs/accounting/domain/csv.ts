/** One line of CSV (RFC 4180) from cells that are fit for it already. */
export const csvLine = (cells: readonly string[]): string => `${cells.join(',')}\r\n`;

/**
 * What a person wrote, quoted. A spreadsheet would reckon with a text that begins like a formula, and fetch or run what it
 * names: an apostrophe before it makes it a text. Our own cells, negative amounts too, are what they look like.
 */
export function textCell(text: string): string {
  const harmless = /^\s*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
