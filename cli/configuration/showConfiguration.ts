import { isReference } from '../../acct/profiles/reference.js';
import type { EffectiveSettings } from './effectiveSettings.js';
import { settings } from './sections.js';

/** A setting as an operator sees it. */
interface ShownSetting {
  readonly key: string;
  readonly variable: string;
  /** null where nothing was said: `otherwise` counts. A secret is `(secret)`; the name of a credential is none. */
  readonly value: string | null;
  readonly otherwise: string;
  readonly source: string;
}

/** All settings with what counts and where it comes from; no secret. */
export function shownSettings({ variables, sourceOf }: EffectiveSettings): readonly ShownSetting[] {
  return settings.map(({ key, variable, otherwise, isSecret }) => {
    const source = sourceOf(variable);
    const text = variables[variable] ?? '';
    const value = isSecret === true && !isReference(text) ? '(secret)' : text;
    return { key, variable, value: source === null ? null : value, otherwise, source: source ?? 'default' };
  });
}

/** The same as a table for a terminal. */
export function configurationTable(effective: EffectiveSettings): string {
  const rows = shownSettings(effective).map(({ key, value, otherwise, source }) => [key, value ?? otherwise, source]);
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const [keys, values] = [width(0), Math.min(width(1), VALUE_WIDTH)];
  return rows
    .map(([key = '', value = '', source = '']) => `${key.padEnd(keys)}  ${value.padEnd(values)}  ${source}\n`)
    .join('');
}

/** Longer values push their source to the right. */
const VALUE_WIDTH = 50;
