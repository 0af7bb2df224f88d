// Consonants without look-alikes and without vowels, so that no word comes about (RFC 8628, section 6.1).
const ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';
const LETTERS = 8;
const HALF = LETTERS / 2;

/**
 * A code for a person to type, for example WDJB-MJHT: 20^8, some 34 bits. That is enough for the ten minutes that it
 * lives, since who guesses is counted.
 * @param below a random whole number below another, each as likely
 */
export function makeUserCode(below: (bound: number) => number): string {
  const letters = Array.from({ length: LETTERS }, () => ALPHABET.charAt(below(ALPHABET.length))).join('');
  return `${letters.slice(0, HALF)}-${letters.slice(HALF)}`;
}

/** The one form of a code as typed: case, hyphens and blanks do not count. Null where it cannot be one. */
export function foldUserCode(text: string): string | null {
  if (text.length > LETTERS * 4) return null;
  const folded = text.toUpperCase().replace(/[\s-]/g, '');
  if (folded.length !== LETTERS || [...folded].some((letter) => !ALPHABET.includes(letter))) return null;
  return `${folded.slice(0, HALF)}-${folded.slice(HALF)}`;
}
