import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { z } from 'zod';
import { AcctError } from '../acctError.js';

const NAME = /^[A-Za-z0-9][\w-]{0,63}$/;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Loads one ES module (`<directory>/<place>.mjs`) and gives its default export once it has the right shape. Code that
 * others can write would see every secret, so a module or folder writable by them is refused.
 * @throws AcctError PLUGIN_FAILED
 */
export async function loadPlugin<Plugin>(
  directory: string,
  place: readonly string[],
  shape: z.ZodType,
): Promise<Plugin> {
  const name = place.join('/');
  if (place.some((part) => !NAME.test(part)))
    throw new AcctError('PLUGIN_FAILED', `${name} is not the name of a plugin.`);
  const file = resolve(directory, `${join(...place)}.mjs`);
  await refuseWritable(resolve(directory), name);
  await refuseWritable(file, name);
  const module = await importModule(file, name);
  const plugin = module['default'];
  const checked = shape.safeParse(plugin);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const where = issue?.path.join('.') ?? '';
    throw new AcctError(
      'PLUGIN_FAILED',
      `The default export of plugin ${name} is wrong: ${where} ${issue?.message ?? ''}`.trim(),
    );
  }
  // The shape was checked just now; zod's own copy is not used, for methods may need their object.
  return plugin as Plugin;
}

async function importModule(file: string, name: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    throw new AcctError(
      'PLUGIN_FAILED',
      `Plugin ${name} cannot be loaded: ${error instanceof Error ? error.message : 'it threw'}`,
    );
  }
}

async function refuseWritable(path: string, name: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new AcctError('PLUGIN_FAILED', `Plugin ${name} is missing: there is no ${path}.`);
  if ((found.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new AcctError('PLUGIN_FAILED', `Plugin ${name} is refused: others can write ${path}.`);
  }
}
