import { decodeMsgpack } from '../document/msgpack/decode.js';

/** How much one byte speaks for a document, of which three bytes in four are printable ASCII, and against chance. */
const PRINTABLE_WEIGHT = Math.log(0.75 / (95 / 256));
const OTHER_WEIGHT = Math.log(0.25 / (161 / 256));

/** Odds of 3000 to 1, once the number of places where a run may begin is taken off. */
const WEIGHT_MIN = 8;

/**
 * Whether unauthenticated plaintext looks like a document, also when some blocks of it are damaged. It only chooses
 * between two refusals, "wrong key" and "altered file", after the authentication failed: the bytes are given to no one.
 */
export function looksLikeDocument(plain: Uint8Array): boolean {
  return isWhole(plain) || heaviestRun(plain) > WEIGHT_MIN + Math.log(plain.length + 1);
}

function isWhole(plain: Uint8Array): boolean {
  try {
    return decodeMsgpack(plain) instanceof Map;
  } catch {
    return false;
  }
}

/** The heaviest run of bytes: what is damaged around it does not count. */
function heaviestRun(plain: Uint8Array): number {
  let run = 0;
  let heaviest = 0;
  for (const byte of plain) {
    run = Math.max(0, run + (byte >= 0x20 && byte < 0x7f ? PRINTABLE_WEIGHT : OTHER_WEIGHT));
    heaviest = Math.max(heaviest, run);
  }
  return heaviest;
}
