import { z } from 'zod';
import { AcctError } from '../acctError.js';
import { loadPlugin } from '../plugins/load.js';
import type { Backend } from './backend.js';
import { vault } from './vault.js';

const builtIn: readonly Backend[] = [vault];
const shape = z.object({
  name: z.string(),
  unlock: z.custom<never>((value) => typeof value === 'function', 'must be a function'),
});

/** Finds backends: those built in, and `backend/<name>.mjs` in the directory of plugins. */
export const backendFinder =
  (pluginDirectory: string | null) =>
  async (name: string): Promise<Backend> => {
    const found = builtIn.find((backend) => backend.name === name);
    if (found !== undefined) return found;
    if (pluginDirectory === null) throw new AcctError('BACKEND_FAILED', `there is no backend ${name}.`);
    return loadPlugin<Backend>(pluginDirectory, ['backend', name], shape);
  };
