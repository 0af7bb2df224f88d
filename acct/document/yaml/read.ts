import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { AcctError } from '../../acctError.js';
import type { FailureCode } from '../../failures.js';
import { DEPTH_MAX, VALUES_MAX } from '../../limits.js';
import { type AcctKey, type AcctValue, keyIdentity, SIGNED_MIN, UNSIGNED_MAX } from '../value.js';
import { parseBoolean, parseFloating, parseInteger, resolvePlain } from './scalar.js';

const TAG = 'tag:yaml.org,2002:';

/**
 * Reads YAML as PyYAML's safe loader does, so that both tools encrypt the same document. What would be lost or
 * guessed at is refused with its line: keys named twice, dates, unknown tags, integers above 64 bits.
 * @throws AcctError DOCUMENT_INVALID, KEY_DUPLICATE, VALUE_UNSUPPORTED, LIMIT_EXCEEDED; no message quotes a value
 */
export function readYaml(text: string): AcctValue {
  const lineCounter = new LineCounter();
  // The failsafe schema leaves every scalar as its text; what it means is decided here.
  const document = parseDocument(text, {
    version: '1.1',
    schema: 'failsafe',
    resolveKnownTags: false,
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter,
  });
  const lineAt = (offset: number): number => lineCounter.linePos(offset).line;
  const [error] = document.errors;
  if (error !== undefined) {
    const template = /\{\{|\{%/.test(text) ? ' (Jinja templates are not rendered)' : '';
    throw new AcctError(
      'DOCUMENT_INVALID',
      `Line ${lineAt(error.pos[0])}: this is not valid YAML: ${sayError(error.code)}${template}.`,
    );
  }
  if (document.contents === null) return null;
  return new YamlReader(lineAt, aliasesOf(document)).value(document.contents, []);
}

/** What every alias names: the last anchor of that name above it. One walk, for a document may have many. */
function aliasesOf(document: Document.Parsed): ReadonlyMap<Node, Node> {
  const anchors = new Map<string, Node>();
  const aliases = new Map<Node, Node>();
  visit(document, {
    Alias: (_, alias) => {
      const node = anchors.get(alias.source);
      if (node !== undefined) aliases.set(alias, node);
    },
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return aliases;
}

/** The library's code in words: its own messages quote the text, which may be a secret. */
const sayError = (code: string): string => code.toLowerCase().replaceAll('_', ' ');

class YamlReader {
  readonly #lineAt: (offset: number) => number;
  readonly #aliases: ReadonlyMap<Node, Node>;
  #values = 0;

  constructor(lineAt: (offset: number) => number, aliases: ReadonlyMap<Node, Node>) {
    this.#lineAt = lineAt;
    this.#aliases = aliases;
  }

  /** `within`: the collections that this node stands in, to see one that holds itself. */
  value(written: unknown, within: readonly Node[]): AcctValue {
    const node = this.#follow(written, within);
    if (node === null) return null;
    this.#values += 1;
    if (this.#values > VALUES_MAX) {
      throw this.#refuse(
        'LIMIT_EXCEEDED',
        node,
        `with its aliases written out, the document has more than ${VALUES_MAX} values`,
      );
    }
    if (within.length > DEPTH_MAX) {
      throw this.#refuse('LIMIT_EXCEEDED', node, `the document is deeper than ${DEPTH_MAX} levels`);
    }
    if (isScalar(node)) return this.#scalar(node);
    if (isSeq(node)) {
      this.#onlyTag(node, 'seq');
      return node.items.map((item) => this.value(item, [...within, node]));
    }
    if (isMap(node)) {
      this.#onlyTag(node, 'map');
      return this.#map(node, within);
    }
    throw this.#refuse('DOCUMENT_INVALID', node, 'this is not a value');
  }

  #map(node: YAMLMap, within: readonly Node[]): AcctValue {
    const merged = new Map<AcctKey, AcctValue>();
    const own = new Map<AcctKey, AcctValue>();
    const seen = new Set<string>();
    for (const { key: writtenKey, value } of node.items) {
      if (isScalar(writtenKey) && isMergeKey(writtenKey)) {
        for (const source of this.#mergeSources(value, [...within, node]))
          for (const [key, held] of source) merged.set(key, held);
        continue;
      }
      const keyNode = this.#follow(writtenKey, within);
      if (keyNode !== null && !isScalar(keyNode))
        throw this.#refuse('VALUE_UNSUPPORTED', keyNode, 'a mapping or a sequence cannot be a key');
      const key = keyNode === null ? null : this.#scalar(keyNode);
      if (typeof key === 'object' && key !== null)
        throw this.#refuse('VALUE_UNSUPPORTED', keyNode, 'bytes cannot be a key');
      if (seen.has(keyIdentity(key)))
        throw this.#refuse('KEY_DUPLICATE', keyNode, `the key ${String(key)} stands twice in one mapping`);
      seen.add(keyIdentity(key));
      own.set(key, this.value(value, [...within, node]));
    }
    // As in Python: merged keys come first, and keep their place when the mapping's own value takes over.
    for (const [key, held] of own) merged.set(key, held);
    return merged;
  }

  /** The mappings of one `<<`, those that win last. */
  #mergeSources(written: unknown, within: readonly Node[]): readonly ReadonlyMap<AcctKey, AcctValue>[] {
    const node = this.#follow(written, within);
    if (isMap(node)) return [this.#mergeSource(node, within)];
    if (isSeq(node)) return node.items.map((item) => this.#mergeSource(this.#follow(item, within), within)).reverse();
    throw this.#refuse('DOCUMENT_INVALID', node, 'a merge key (<<) takes a mapping or a sequence of mappings');
  }

  #mergeSource(node: Node | null, within: readonly Node[]): ReadonlyMap<AcctKey, AcctValue> {
    const source = isMap(node) ? this.value(node, within) : null;
    if (source instanceof Map) return source;
    throw this.#refuse('DOCUMENT_INVALID', node, 'a merge key (<<) takes a mapping or a sequence of mappings');
  }

  #follow(written: unknown, within: readonly Node[]): Node | null {
    if (written === null || written === undefined) return null;
    const alias = written as Node;
    const node = isAlias(alias) ? this.#aliases.get(alias) : alias;
    if (node === undefined) throw this.#refuse('DOCUMENT_INVALID', alias, 'the alias names no anchor above it');
    if (within.includes(node))
      throw this.#refuse('DOCUMENT_INVALID', alias, 'the alias stands inside of what it names');
    return node;
  }

  #scalar(node: Scalar): null | boolean | bigint | number | string | Uint8Array {
    const text = String(node.value);
    const value = node.tag === undefined && node.type === 'PLAIN' ? this.#plain(node, text) : this.#tagged(node, text);
    if (typeof value === 'bigint' && (value < SIGNED_MIN || value > UNSIGNED_MAX)) {
      throw this.#refuse('VALUE_UNSUPPORTED', node, 'an integer needs more than 64 bits; quote it if it is text');
    }
    return value;
  }

  #plain(node: Scalar, text: string): null | boolean | bigint | number | string {
    const resolved = resolvePlain(text);
    if (resolved.kind === 'value') return resolved.value as null | boolean | bigint | number | string;
    if (resolved.kind === 'date')
      throw this.#refuse('VALUE_UNSUPPORTED', node, 'a date cannot be encrypted; quote it to keep it as text');
    throw this.#refuse('VALUE_UNSUPPORTED', node, `a plain ${text} has a meaning of its own; quote it if it is text`);
  }

  #tagged(node: Scalar, text: string): null | boolean | bigint | number | string | Uint8Array {
    const tag = node.tag ?? '!';
    const parse: Readonly<Record<string, () => null | boolean | bigint | number | string | Uint8Array>> = {
      '!': () => text,
      [`${TAG}str`]: () => text,
      [`${TAG}null`]: () => null,
      [`${TAG}bool`]: () => parseBoolean(text) ?? this.#misfit(node, 'boolean'),
      [`${TAG}int`]: () => parseInteger(text) ?? this.#misfit(node, 'integer'),
      [`${TAG}float`]: () => parseFloating(text) ?? asFloat(parseInteger(text)) ?? this.#misfit(node, 'float'),
      [`${TAG}binary`]: () => parseBinary(text) ?? this.#misfit(node, 'base64 text'),
    };
    const read = Object.hasOwn(parse, tag) ? parse[tag] : undefined;
    if (read === undefined) throw this.#refuse('VALUE_UNSUPPORTED', node, 'its tag is not one that can be encrypted');
    return read();
  }

  #misfit(node: Scalar, what: string): never {
    throw this.#refuse('DOCUMENT_INVALID', node, `the value is tagged as ${what} and is none`);
  }

  #onlyTag(node: Node, name: 'seq' | 'map'): void {
    const { tag } = node;
    if (tag !== undefined && tag !== '!' && tag !== `${TAG}${name}`) {
      throw this.#refuse('VALUE_UNSUPPORTED', node, 'its tag is not one that can be encrypted');
    }
  }

  #refuse(code: FailureCode, node: Node | null, what: string): AcctError {
    const place = node?.range === undefined || node.range === null ? '' : `Line ${this.#lineAt(node.range[0])}: `;
    return new AcctError(code, `${place}${what}.`);
  }
}

const isMergeKey = (key: Scalar): boolean =>
  key.tag === `${TAG}merge` || (key.tag === undefined && key.type === 'PLAIN' && key.value === '<<');

const asFloat = (integer: bigint | null): number | null => (integer === null ? null : Number(integer));

function parseBinary(text: string): Uint8Array | null {
  const packed = text.replace(/\s/g, '');
  const bytes = Buffer.from(packed, 'base64');
  return bytes.toString('base64') === packed ? Uint8Array.from(bytes) : null;
}
