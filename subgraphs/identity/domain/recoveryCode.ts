// Crockford's alphabet without look-alikes: 32 letters, five bits each.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LETTERS = 24;
/**
 * Codes were given out with 80 bits before. Who has such on paper may have nothing else left when they need one: they are
 * good until the person regenerates them, which retires all from before. Tries are bounded as those of any code.
 */
const LETTERS_BEFORE = 16;
/**
 * How many random bytes make one recovery code: 120 bits. From 112 on a plain digest is enough to keep it by (ASVS 5,
 * 6.5.2): whoever has the digests can try none but a vanishing part, however fast. A slow hash would have to be run once
 * more at each log-in, whatever was typed.
 */
export const RECOVERY_CODE_BYTES = (LETTERS * 5) / 8;

/** Writes random bytes as a recovery code, for example 7h3k-0p2m-x9aq-v4te-m8wz-1c6d. */
export function formatRecoveryCode(bytes: Uint8Array): string {
  let bits = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let code = '';
  for (let index = 0; index < LETTERS; index += 1) {
    code = ALPHABET.charAt(Number(bits & 31n)) + code;
    bits >>= 5n;
  }
  return (code.match(/.{4}/g) ?? []).join('-');
}

/** The form in which a typed recovery code is hashed: case, hyphens and blanks do not count. Null where it cannot be one. */
export function foldRecoveryCode(text: string): string | null {
  const folded = text.toLowerCase().replace(/[\s-]/g, '').replace(/o/g, '0').replace(/[il]/g, '1');
  const hasLength = folded.length === LETTERS || folded.length === LETTERS_BEFORE;
  return hasLength && [...folded].every((letter) => ALPHABET.includes(letter)) ? folded : null;
}
