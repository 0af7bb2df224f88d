import { AcctError } from '../../acctError.js';
import { floatText } from '../floatText.js';
import { type Path, pathText } from '../path.js';
import { type AcctMap, type AcctValue, isList, isMap, keyIdentity } from '../value.js';

/**
 * Writes a document as JSON, indented: all digits of integers, floats with a point.
 * @throws AcctError VALUE_UNSUPPORTED for what JSON has no form for: bytes, infinities, keys that become alike
 */
export const writeJson = (document: AcctValue): string => `${write(document, [], '')}\n`;

function write(value: AcctValue, path: Path, indent: string): string {
  const deeper = `${indent}  `;
  if (isMap(value)) return enclose('{', members(value, path, deeper), '}', indent);
  if (isList(value))
    return enclose(
      '[',
      value.map((held, index) => `${deeper}${write(held, [...path, index], deeper)}`),
      ']',
      indent,
    );
  if (value instanceof Uint8Array) throw unsupported(path, 'bytes');
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'number') return String(value);
  if (!Number.isFinite(value)) throw unsupported(path, 'infinite or no number');
  return floatText(value);
}

function members(map: AcctMap, path: Path, indent: string): readonly string[] {
  const names = new Set<string>();
  return [...map].map(([key, value]) => {
    const name = typeof key === 'number' ? floatText(key) : String(key);
    if (names.has(name))
      throw unsupported([...path, key], `also there as another kind of key (${keyIdentity(key).charAt(0)})`);
    names.add(name);
    return `${indent}${JSON.stringify(name)}: ${write(value, [...path, key], indent)}`;
  });
}

const enclose = (open: string, lines: readonly string[], close: string, indent: string): string =>
  lines.length === 0 ? `${open}${close}` : `${open}\n${lines.join(',\n')}\n${indent}${close}`;

const unsupported = (path: Path, what: string): AcctError =>
  new AcctError('VALUE_UNSUPPORTED', `JSON cannot hold ${pathText(path)}: it is ${what}. Use YAML.`);
