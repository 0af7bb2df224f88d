import { join } from 'node:path';
import { jobEnvironment } from './environment.js';
import type { Isolation } from './isolation.js';
import { limitedCommand } from './limitedCommand.js';
import { listProcesses, signalProcess } from './processes.js';

/** No isolation: the job is a process of the controller's own user, under limits. For trusted people's jobs alone. */
export const none: Isolation = {
  name: 'none',
  prepare: async () => undefined,
  inside: (folder) => folder,
  launch(_slot, { argv, folder, limits }) {
    const [file = '', ...rest] = limitedCommand(argv, limits);
    const work = join(folder, 'work');
    return { file, arguments: rest, cwd: work, env: jobEnvironment(work, join(folder, 'tmp')) };
  },
  processes: async (_slot, leader) =>
    (await listProcesses()).filter(({ group }) => group === leader).map(({ pid }) => pid),
  // Nothing tells its files from others of this user.
  writtenElsewhere: async () => ({ bytes: 0, entries: 0 }),
  async cleanUp(_slot, leader) {
    if (leader !== null) signalProcess(-leader, 'SIGKILL');
  },
  // Nothing tells them from other processes of this user.
  removeStrays: async () => undefined,
};
