import { AcctError } from '../../acctError.js';
import { DEPTH_MAX } from '../../limits.js';
import { type Path, pathText } from '../path.js';
import { type AcctValue, isList, isMap, SIGNED_MIN, UNSIGNED_MAX } from '../value.js';

/** The first bytes of one kind of value, by the length that they announce. */
interface LengthForms {
  readonly short?: readonly [first: number, max: number];
  readonly bits8?: number;
  readonly bits16: number;
  readonly bits32: number;
}

const TEXT: LengthForms = { short: [0xa0, 31], bits8: 0xd9, bits16: 0xda, bits32: 0xdb };
const BYTES: LengthForms = { bits8: 0xc4, bits16: 0xc5, bits32: 0xc6 };
const LIST: LengthForms = { short: [0x90, 15], bits16: 0xdc, bits32: 0xdd };
const MAP: LengthForms = { short: [0x80, 15], bits16: 0xde, bits32: 0xdf };

/**
 * Writes a document as Python's msgpack does, byte for byte: every integer in its smallest form, every float in eight
 * bytes. (The package of npm cannot: it has one number type, and writes 1.0 as the integer 1.)
 * @throws AcctError VALUE_UNSUPPORTED, LIMIT_EXCEEDED
 */
export function encodeMsgpack(document: AcctValue): Uint8Array {
  const parts: Uint8Array[] = [];
  write(document, [], parts);
  return Buffer.concat(parts);
}

function write(value: AcctValue, path: Path, parts: Uint8Array[]): void {
  if (path.length > DEPTH_MAX)
    throw new AcctError('LIMIT_EXCEEDED', `The document is deeper than ${DEPTH_MAX} levels.`);
  if (value === null) parts.push(Uint8Array.of(0xc0));
  else if (typeof value === 'boolean') parts.push(Uint8Array.of(value ? 0xc3 : 0xc2));
  else if (typeof value === 'bigint') parts.push(integer(value, path));
  else if (typeof value === 'number') parts.push(float(value));
  else if (typeof value === 'string') parts.push(...text(value, path));
  else if (value instanceof Uint8Array) parts.push(announce(BYTES, value.length), value);
  else if (isList(value)) {
    parts.push(announce(LIST, value.length));
    for (const [index, held] of value.entries()) write(held, [...path, index], parts);
  } else if (isMap(value)) {
    parts.push(announce(MAP, value.size));
    for (const [key, held] of value) {
      write(key, [...path, key], parts);
      write(held, [...path, key], parts);
    }
  } else {
    throw new AcctError('VALUE_UNSUPPORTED', `The value at ${pathText(path)} has a type that a file cannot hold.`);
  }
}

function integer(value: bigint, path: Path): Uint8Array {
  if (value < SIGNED_MIN || value > UNSIGNED_MAX) {
    throw new AcctError('VALUE_UNSUPPORTED', `The integer at ${pathText(path)} needs more than 64 bits.`);
  }
  if (value >= 0n) {
    if (value < 0x80n) return Uint8Array.of(Number(value));
    if (value <= 0xffn) return fixed(0xcc, 1, (view) => view.setUint8(1, Number(value)));
    if (value <= 0xffffn) return fixed(0xcd, 2, (view) => view.setUint16(1, Number(value)));
    if (value <= 0xffff_ffffn) return fixed(0xce, 4, (view) => view.setUint32(1, Number(value)));
    return fixed(0xcf, 8, (view) => view.setBigUint64(1, value));
  }
  if (value >= -32n) return Uint8Array.of(0x100 + Number(value));
  if (value >= -0x80n) return fixed(0xd0, 1, (view) => view.setInt8(1, Number(value)));
  if (value >= -0x8000n) return fixed(0xd1, 2, (view) => view.setInt16(1, Number(value)));
  if (value >= -0x8000_0000n) return fixed(0xd2, 4, (view) => view.setInt32(1, Number(value)));
  return fixed(0xd3, 8, (view) => view.setBigInt64(1, value));
}

const float = (value: number): Uint8Array => fixed(0xcb, 8, (view) => view.setFloat64(1, value));

function text(value: string, path: Path): readonly Uint8Array[] {
  if (/\p{Surrogate}/u.test(value)) {
    throw new AcctError('VALUE_UNSUPPORTED', `The text at ${pathText(path)} is not valid Unicode.`);
  }
  const bytes = Buffer.from(value, 'utf8');
  return [announce(TEXT, bytes.length), bytes];
}

function announce(forms: LengthForms, length: number): Uint8Array {
  if (forms.short !== undefined && length <= forms.short[1]) return Uint8Array.of(forms.short[0] | length);
  if (forms.bits8 !== undefined && length <= 0xff) return Uint8Array.of(forms.bits8, length);
  if (length <= 0xffff) return fixed(forms.bits16, 2, (view) => view.setUint16(1, length));
  return fixed(forms.bits32, 4, (view) => view.setUint32(1, length));
}

function fixed(first: number, bytes: number, fill: (view: DataView) => void): Uint8Array {
  const written = new Uint8Array(1 + bytes);
  written[0] = first;
  fill(new DataView(written.buffer));
  return written;
}
