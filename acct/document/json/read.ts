import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { AcctError } from '../../acctError.js';
import { DEPTH_MAX } from '../../limits.js';
import type { AcctKey, AcctMap, AcctValue } from '../value.js';

/**
 * Reads JSON without losing a digit: `JSON.parse` would round large integers and drop the point of 1.0.
 * @param what names the text in messages
 * @throws AcctError DOCUMENT_INVALID, KEY_DUPLICATE, LIMIT_EXCEEDED
 */
export function readJson(text: string, what: string): AcctValue {
  try {
    JSON.parse(text);
  } catch {
    throw new AcctError('DOCUMENT_INVALID', `${what} is not valid JSON.`);
  }
  const document = parseDocument(text, {
    schema: 'json',
    intAsBigInt: true,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: new LineCounter(),
  });
  const [error] = document.errors;
  if (error?.code === 'DUPLICATE_KEY') throw new AcctError('KEY_DUPLICATE', `${what} names a key twice.`);
  if (error !== undefined) throw new AcctError('DOCUMENT_INVALID', `${what} is not valid JSON.`);
  return fromNode(document.contents, 0, what);
}

/**
 * Reads a JSON object.
 * @throws AcctError as readJson, and DOCUMENT_INVALID for anything else
 */
export function readJsonMap(text: string, what: string): AcctMap {
  const value = readJson(text, what);
  if (value instanceof Map) return value;
  throw new AcctError('DOCUMENT_INVALID', `${what} must be a JSON object.`);
}

function fromNode(node: unknown, depth: number, what: string): AcctValue {
  if (depth > DEPTH_MAX) throw new AcctError('LIMIT_EXCEEDED', `${what} is deeper than ${DEPTH_MAX} levels.`);
  if (isMap(node)) {
    return new Map<AcctKey, AcctValue>(
      node.items.map(({ key, value }) => [String(isScalar(key) ? key.value : key), fromNode(value, depth + 1, what)]),
    );
  }
  if (isSeq(node)) return node.items.map((item) => fromNode(item, depth + 1, what));
  return isScalar(node) ? (node.value as AcctValue) : null;
}
