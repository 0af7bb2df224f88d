import { SIMPLE_KEY_CHARACTERS_MAX } from '../../limits.js';
import { floatText } from '../floatText.js';
import { type AcctKey, type AcctMap, type AcctValue, isList, isMap } from '../value.js';
import { resolvePlain } from './scalar.js';

/** Text that is the same in every YAML reader without quotes, unless it means something else (yes, null, 1.0). */
const SAFE = /^[A-Za-z0-9_./][A-Za-z0-9_./@+=,-]*(?: [A-Za-z0-9_./@+=,-]+)*$/;

/** What YAML 1.1 takes for a printable character of a line; NEL, LS, PS and the byte order mark are not among them. */
const LINE = /^[\t\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;
const UNPRINTABLE = /[^\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Writes a document as YAML that readYaml and PyYAML read back exactly: integers, floats and text stay what they are. */
export function writeYaml(document: AcctValue): string {
  if (isMap(document) && document.size > 0) return mapLines(document, '').join('\n').concat('\n');
  if (isList(document) && document.length > 0) return listLines(document, '').join('\n').concat('\n');
  return `${inline(document)}\n`;
}

const mapLines = (map: AcctMap, indent: string): readonly string[] =>
  [...map].flatMap(([key, value]) => {
    const name = scalarText(key);
    return name.length <= SIMPLE_KEY_CHARACTERS_MAX
      ? entryLines(`${indent}${name}:`, value, indent)
      : [`${indent}? ${name}`, ...entryLines(`${indent}:`, value, indent)];
  });

const listLines = (list: readonly AcctValue[], indent: string): readonly string[] =>
  list.flatMap((value) => entryLines(`${indent}-`, value, indent));

/** One entry after its key or dash: on the same line, or deeper below it. */
function entryLines(head: string, value: AcctValue, indent: string): readonly string[] {
  const deeper = `${indent}  `;
  if (isMap(value) && value.size > 0) return [head, ...mapLines(value, deeper)];
  if (isList(value) && value.length > 0) return [head, ...listLines(value, deeper)];
  if (typeof value === 'string' && isBlock(value)) return [`${head} ${blockHead(value)}`, ...blockLines(value, deeper)];
  return [`${head} ${inline(value)}`];
}

function inline(value: AcctValue): string {
  if (isMap(value)) return '{}';
  if (isList(value)) return '[]';
  if (value instanceof Uint8Array) return `!!binary ${JSON.stringify(Buffer.from(value).toString('base64'))}`;
  return scalarText(value);
}

function scalarText(value: AcctKey): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return isPlain(value) ? value : quote(value);
  if (typeof value !== 'number') return String(value);
  if (Number.isFinite(value)) return floatText(value);
  return Number.isNaN(value) ? '.nan' : value < 0 ? '-.inf' : '.inf';
}

function isPlain(text: string): boolean {
  if (!SAFE.test(text)) return false;
  const resolved = resolvePlain(text);
  // Other readers take 1e3 and 0o17 for numbers, and some `y` for true: quotes keep them text everywhere.
  return resolved.kind === 'value' && resolved.value === text && !/^[.\d]|^[yYnN]$/.test(text);
}

/** Double quotes, where YAML has the escapes of JSON; what a reader would not take as it stands is escaped. */
function quote(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replace(UNPRINTABLE, unicodeEscape);
  return `"${escaped}"`;
}

const unicodeEscape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text of several lines, such as a private key, stands as it is, for people who edit it. */
function isBlock(text: string): boolean {
  const lines = text.split('\n');
  return lines.length > 1 && /^[^\s]/.test(text) && lines.every((line) => LINE.test(line) && !/^\s+$/.test(line));
}

const blockHead = (text: string): string => (!text.endsWith('\n') ? '|-' : /[^\n]\n$/.test(text) ? '|' : '|+');

const blockLines = (text: string, indent: string): readonly string[] =>
  text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => (line === '' ? '' : `${indent}${line}`));
