import { isMap, isScalar, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { ConfigurationError } from './configurationError.js';
import { nearest } from './nearest.js';
import { settings } from './sections.js';
import type { Setting } from './setting.js';
import { settingValue } from './settingValue.js';

/** A setting that the file has: the text that its variable would have, and where it stands. */
export interface FileEntry {
  readonly setting: Setting;
  readonly text: string;
  readonly line: number;
}

const byKey: ReadonlyMap<string, Setting> = new Map(settings.map((setting) => [setting.key, setting]));

/** The names that may follow a path in the file, for example port and ui behind gateway. */
function namesBehind(path: string): readonly string[] {
  const start = path === '' ? '' : `${path}.`;
  const behind = settings.filter(({ key }) => key.startsWith(start)).map(({ key }) => key.slice(start.length));
  return [...new Set(behind.map((rest) => rest.split('.')[0] ?? ''))];
}

/** What a file says, by variable, and a sentence for each thing in it that is wrong. */
export interface FileContent {
  readonly entries: ReadonlyMap<string, FileEntry>;
  /** Unknown keys (with the near one), values of a wrong form. */
  readonly faults: readonly string[];
}

/**
 * Reads a configuration file (YAML 1.2). A key without a value counts as not there.
 * @param name of the file, for messages
 * @throws ConfigurationError where it is not YAML
 */
export function readConfigurationFile(content: string, name: string): FileContent {
  const lineCounter = new LineCounter();
  const document = parseDocument(content, { lineCounter, prettyErrors: false, logLevel: 'error', merge: false });
  const at = (offset: number): string => `${name}:${lineCounter.linePos(offset).line}`;
  if (document.errors.length > 0) {
    throw new ConfigurationError(
      document.errors.map((error) => `${at(error.pos[0])}: this is not valid YAML (${error.code}); correct the line.`),
    );
  }
  const faults: string[] = [];
  const entries = new Map<string, FileEntry>();
  const walk = (map: YAMLMap, path: string): void => {
    for (const { key, value } of map.items) {
      const node = key as Node;
      const offset = node.range?.[0] ?? 0;
      const word = isScalar(node) ? String(node.value) : '';
      const full = path === '' ? word : `${path}.${word}`;
      if (isScalar(value) && value.value === null && namesBehind(path).includes(word)) continue;
      const setting = byKey.get(full);
      if (setting !== undefined) {
        const converted = settingValue(setting, value as Node);
        if ('text' in converted) {
          entries.set(setting.variable, { setting, text: converted.text, line: lineCounter.linePos(offset).line });
        } else faults.push(`${at(offset)}: ${full} must be ${converted.mustBe}.`);
      } else if (!namesBehind(path).includes(word)) {
        const near = nearest(word, namesBehind(path));
        faults.push(`${at(offset)}: there is no key ${full}${near === null ? '' : `; did you mean ${near}`}.`);
      } else if (isMap(value)) walk(value, full);
      else faults.push(`${at(offset)}: ${full} must have keys of its own, such as ${namesBehind(full)[0]}.`);
    }
  };
  const { contents } = document;
  if (isMap(contents)) walk(contents, '');
  else if (contents !== null && !(isScalar(contents) && contents.value === null)) {
    faults.push(`${name}:1: the file must have keys, such as ${settings[0]?.key.split('.')[0]}.`);
  }
  return { entries, faults };
}
