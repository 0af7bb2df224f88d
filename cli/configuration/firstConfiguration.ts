import { sections } from './sections.js';
import type { Setting } from './setting.js';

const HEAD = `# Tollgate's configuration. Take the # away from a line to set it, and start Tollgate again.
# A variable of the environment, named in brackets, goes over the file; an option of the command line over both.
# "tollgate configuration show" prints what counts and where it comes from. A value that says acct:provider.profile#key
# is looked up among encrypted credentials (docs/acct.md).
`;

/** The file that the first start writes: every key with its explanation, none of them set. */
export const firstConfiguration = (): string => configurationText(HEAD, new Map(), () => true);

/**
 * A configuration file with each key explained.
 * @param values YAML, by key: these are set, the others are commented out
 * @param isShown which of the others stand in the file
 */
export function configurationText(
  head: string,
  values: ReadonlyMap<string, string>,
  isShown: (setting: Setting) => boolean,
): string {
  const parts = [head];
  for (const { name, about, settings } of sections) {
    const shown = settings.filter((setting) => values.has(setting.key) || isShown(setting));
    if (shown.length === 0) continue;
    const lines = [`# ${about}`, `${name}:`];
    let group = '';
    for (const setting of shown) {
      const [, ...path] = setting.key.split('.');
      const inner = path.length > 1 ? (path[0] ?? '') : '';
      if (inner !== group && inner !== '') lines.push('', `  ${inner}:`);
      group = inner;
      const indent = inner === '' ? '  ' : '    ';
      const value = values.get(setting.key);
      const line = value === undefined ? `# ${path.at(-1)}: ${exampleOf(setting)}` : `${path.at(-1)}: ${value}`;
      lines.push(...explained(setting, indent), `${indent}${line}`);
    }
    parts.push(`${lines.join('\n')}\n`);
  }
  return parts.join('\n');
}

const exampleOf = ({ example, otherwise }: Setting): string => example ?? otherwise;

function explained({ about, otherwise, variable, example }: Setting, indent: string): readonly string[] {
  const unset = example === undefined ? '' : ` Unset: ${otherwise}.`;
  return [`${indent}# ${about}${unset} [${variable}]`];
}
