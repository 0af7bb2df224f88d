import { AcctError } from '../acctError.js';
import type { AcctMap } from './value.js';
import { readYaml } from './yaml/read.js';

/**
 * Reads the YAML of a person: a mapping of providers.
 * @throws AcctError as readYaml, and DOCUMENT_INVALID when it is no mapping
 */
export function readDocument(text: string, name: string): AcctMap {
  const document = readYaml(text);
  if (document instanceof Map) return document;
  const encrypted = typeof document === 'string' && document.startsWith('gAAAA') ? ' It looks encrypted already.' : '';
  throw new AcctError('DOCUMENT_INVALID', `${name} must hold a mapping of providers.${encrypted}`);
}
