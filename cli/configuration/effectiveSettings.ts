import type { Variables } from '../../platform/server/settings.js';
import type { FileEntry } from './readConfigurationFile.js';
import { settings } from './sections.js';

/** What was said where: options of the command line go over the environment, that over the file. By variable. */
export interface SettingSources {
  readonly file: ReadonlyMap<string, FileEntry>;
  /** The file's name, for messages. */
  readonly fileName: string;
  readonly environment: Variables;
  /** The text that the variable would have, and the option as it was written. */
  readonly options: ReadonlyMap<string, { readonly text: string; readonly option: string }>;
}

/** What counts, and where each setting comes from. */
export interface EffectiveSettings {
  readonly variables: Variables;
  /** `file.yaml:12`, `environment`, an option, or null for the default. */
  sourceOf(variable: string): string | null;
  /** A sentence that names variables, with the keys and lines in their place that they were set by. */
  inOperatorsWords(sentence: string): string;
}

/** Lays the sources over each other. An empty variable of the environment counts as not set. */
export function effectiveSettings({ file, fileName, environment, options }: SettingSources): EffectiveSettings {
  const variables: Record<string, string | undefined> = { ...environment };
  const sources = new Map<string, { readonly place: string; readonly name: string }>();
  for (const { variable, key } of settings) {
    const option = options.get(variable);
    const entry = file.get(variable);
    if (option !== undefined) {
      variables[variable] = option.text;
      sources.set(variable, { place: option.option, name: option.option });
    } else if ((environment[variable] ?? '') !== '') {
      sources.set(variable, { place: 'environment', name: variable });
    } else if (entry !== undefined) {
      variables[variable] = entry.text;
      const place = `${fileName}:${entry.line}`;
      sources.set(variable, { place, name: `${key} (${place})` });
    } else delete variables[variable];
  }
  return {
    variables: Object.freeze(variables),
    sourceOf: (variable) => sources.get(variable)?.place ?? null,
    inOperatorsWords: (sentence) =>
      sentence.replace(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g, (name) => sources.get(name)?.name ?? name),
  };
}
