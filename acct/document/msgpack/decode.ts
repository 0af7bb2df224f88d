import { AcctError } from '../../acctError.js';
import { DEPTH_MAX, VALUES_MAX } from '../../limits.js';
import { type AcctKey, type AcctMap, type AcctValue, keyIdentity } from '../value.js';

/**
 * Reads what encodeMsgpack or Python's msgpack wrote. Nothing may be missing and nothing may follow; extension types are
 * refused, for the Python tool writes none.
 * @throws AcctError DOCUMENT_INVALID, LIMIT_EXCEEDED
 */
export function decodeMsgpack(bytes: Uint8Array): AcctValue {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (!reader.atEnd) throw invalid('has bytes after its end');
  return value;
}

const invalid = (what: string): AcctError =>
  new AcctError('DOCUMENT_INVALID', `The decrypted document is not a msgpack document of acct: it ${what}.`);

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #at = 0;
  #values = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(depth: number): AcctValue {
    if (depth > DEPTH_MAX) throw new AcctError('LIMIT_EXCEEDED', `The document is deeper than ${DEPTH_MAX} levels.`);
    this.#values += 1;
    if (this.#values > VALUES_MAX) {
      throw new AcctError('LIMIT_EXCEEDED', `The document has more than ${VALUES_MAX} values.`);
    }
    const first = this.#unsigned(1);
    if (first <= 0x7f) return BigInt(first);
    if (first <= 0x8f) return this.#map(first & 0x0f, depth);
    if (first <= 0x9f) return this.#list(first & 0x0f, depth);
    if (first <= 0xbf) return this.#string(first & 0x1f);
    if (first >= 0xe0) return BigInt(first - 0x100);
    return this.#long(first, depth);
  }

  #long(first: number, depth: number): AcctValue {
    switch (first) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return Uint8Array.from(this.#take(this.#unsigned(2 ** (first - 0xc4))));
      case 0xca:
        return this.#view.getFloat32(this.#skip(4));
      case 0xcb:
        return this.#view.getFloat64(this.#skip(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return BigInt(this.#unsigned(2 ** (first - 0xcc)));
      case 0xcf:
        return this.#view.getBigUint64(this.#skip(8));
      case 0xd0:
        return BigInt(this.#view.getInt8(this.#skip(1)));
      case 0xd1:
        return BigInt(this.#view.getInt16(this.#skip(2)));
      case 0xd2:
        return BigInt(this.#view.getInt32(this.#skip(4)));
      case 0xd3:
        return this.#view.getBigInt64(this.#skip(8));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#string(this.#unsigned(2 ** (first - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#list(this.#unsigned(2 ** (first - 0xdb)), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(2 ** (first - 0xdd)), depth);
      default:
        throw invalid('has a value of an unknown type');
    }
  }

  #list(length: number, depth: number): readonly AcctValue[] {
    const list: AcctValue[] = [];
    for (let index = 0; index < length; index += 1) list.push(this.value(depth + 1));
    return list;
  }

  #map(length: number, depth: number): AcctMap {
    const map = new Map<AcctKey, AcctValue>();
    const seen = new Set<string>();
    for (let index = 0; index < length; index += 1) {
      const key = this.value(depth + 1);
      if (typeof key === 'object' && key !== null) throw invalid('has a mapping whose key is not a plain value');
      if (seen.has(keyIdentity(key))) throw invalid('names a key twice');
      seen.add(keyIdentity(key));
      map.set(key, this.value(depth + 1));
    }
    return map;
  }

  #string(length: number): string {
    try {
      return this.#text.decode(this.#take(length));
    } catch (error) {
      if (error instanceof AcctError) throw error;
      throw invalid('has text that is not UTF-8');
    }
  }

  #unsigned(bytes: number): number {
    const at = this.#skip(bytes);
    if (bytes === 1) return this.#view.getUint8(at);
    return bytes === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #take(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Moves on, and gives where it stood; the end is checked here, once for all. */
  #skip(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw invalid('ends too early');
    this.#at = at + length;
    return at;
  }
}
