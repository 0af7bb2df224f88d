import { closest, distance } from 'fastest-levenshtein';

/** The word that somebody who wrote another probably meant; null where none is near. */
export function nearest(written: string, words: readonly string[]): string | null {
  if (words.length === 0) return null;
  const lower = written.toLowerCase();
  const found = closest(
    lower,
    words.map((word) => word.toLowerCase()),
  );
  const word = words.find((candidate) => candidate.toLowerCase() === found);
  return word !== undefined && distance(lower, found) <= Math.max(2, written.length / 3) ? word : null;
}
