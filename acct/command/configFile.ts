import { z } from 'zod';
import { AcctError } from '../acctError.js';
import { readDocument } from '../document/document.js';
import { toPlain } from '../document/plain.js';
import { type AcctMap, isMap } from '../document/value.js';
import { decodeText } from '../files/decodeText.js';
import { readFileBounded } from '../files/readFileBounded.js';
import { outputFormats } from './options.js';

const section = z.strictObject({
  acct_file: z.string().optional(),
  acct_key: z.union([z.string(), z.array(z.string())]).optional(),
  acct_key_file: z.string().optional(),
  crypto_plugin: z.string().optional(),
  plugin_dir: z.string().optional(),
  allowed_backend_profiles: z.array(z.string()).optional(),
  output: z.enum(outputFormats).optional(),
  output_file: z.string().optional(),
  overrides: z.record(z.string(), z.unknown()).optional(),
  editor: z.string().optional(),
  // Settings of the Python tool that have one value here.
  serial_plugin: z.literal('msgpack').optional(),
  render_pipe: z.enum(['yaml', 'jinja|yaml']).optional(),
});

/** The settings of a configuration file; overrides keep all digits. */
export type AcctConfig = Omit<z.infer<typeof section>, 'overrides'> & { readonly overrides?: AcctMap };

/**
 * Reads the mapping `acct` of a YAML file that may hold settings of other programs as well.
 * @throws AcctError FILE_MISSING, FILE_UNUSABLE, USAGE naming the setting, and as readDocument
 */
export async function readConfigFile(path: string | undefined): Promise<AcctConfig> {
  if (path === undefined) return {};
  const given = readDocument(decodeText(await readFileBounded(path), path), path).get('acct');
  if (given === undefined || given === null) return {};
  const parsed = section.safeParse(toPlain(given));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const name = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue?.path.join('.');
    throw new AcctError('USAGE', `${path}: the setting acct.${name ?? ''} is unknown or has a wrong form.`);
  }
  const { overrides: _, ...settings } = parsed.data;
  const overrides = isMap(given) ? given.get('overrides') : undefined;
  return isMap(overrides) ? { ...settings, overrides } : settings;
}
