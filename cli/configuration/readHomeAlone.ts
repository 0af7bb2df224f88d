import { isAbsolute } from 'node:path';
import { parseDocument } from 'yaml';

/**
 * What a configuration file says of the data folder (general.home), whatever else is wrong in it: what runs can be stopped
 * after a bad edit.
 * @returns an absolute path; null where the file says nothing of it; `unreadable` where it says it in no way that could have
 * counted, or cannot be parsed before that
 */
export function readHomeAlone(content: string): string | null | 'unreadable' {
  const document = parseDocument(content, { prettyErrors: false, logLevel: 'error', merge: false });
  const home: unknown = document.hasIn(['general', 'home']) ? document.getIn(['general', 'home']) : null;
  if (typeof home === 'string') return isAbsolute(home) ? home : 'unreadable';
  return home === null && document.errors.length === 0 ? null : 'unreadable';
}
