import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jobEnvironment } from './environment.js';
import type { Isolation } from './isolation.js';
import { limitedCommand } from './limitedCommand.js';
import { descendants, listProcesses, signalProcess } from './processes.js';

/**
 * Runs as root of a fresh user, mount and process namespace: the job's own folder becomes /tmp, TOLLGATE_HOME an empty
 * folder, /proc shows the job alone. Then every right is dropped for good, so that the mounts cannot be undone: they
 * were made in a user namespace that the job has no rights in.
 */
const SETUP = `
set -e
home=$1; folder=$2; shift 2
mount --bind "$folder" /tmp
if [ -d "$home" ]; then mount -t tmpfs -o size=4k,mode=0555 tollgate-hidden "$home"; fi
mount -t proc proc /proc
cd /tmp/work
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$@"
`;

const SETUP_NAME = 'tollgate-setup';

/** Every job runs in namespaces that do not contain TOLLGATE_HOME: for a controller that is not root. */
export const inNamespace = (home: string): Isolation => ({
  name: 'namespace',
  // The folder is ours, and the job's root is us.
  prepare: async () => undefined,
  inside: () => '/tmp',
  launch: (_slot, { argv, folder, limits }) => ({
    file: '/usr/bin/unshare',
    arguments: [
      '--user',
      '--map-root-user',
      '--mount',
      '--ipc',
      '--pid',
      '--fork',
      '--kill-child',
      '/bin/sh',
      '-c',
      SETUP,
      SETUP_NAME,
      home,
      folder,
      ...limitedCommand(argv, limits),
    ],
    cwd: join(folder, 'work'),
    env: jobEnvironment('/tmp/work', '/tmp/tmp'),
  }),
  processes: async (_slot, leader) => descendants(leader, await listProcesses()),
  // Its files there are its user's, whose other files are there too.
  writtenElsewhere: async () => ({ bytes: 0, entries: 0 }),
  async cleanUp(_slot, leader) {
    // The first process of the namespace goes with its parent (--kill-child), and all others with it.
    if (leader !== null) signalProcess(-leader, 'SIGKILL');
  },
  async removeStrays() {
    // Their first process has this home among its arguments for as long as it lives; the rest goes with it.
    const mark = `\0${SETUP_NAME}\0${home}\0`;
    for (const { pid } of await listProcesses()) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (command.startsWith('/usr/bin/unshare\0') && command.includes(mark)) signalProcess(pid, 'SIGKILL');
    }
  },
});
