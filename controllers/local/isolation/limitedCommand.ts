import type { ProcessLimits } from './isolation.js';

/**
 * Sets the limits and becomes the job's program. The program and its arguments are the shell's own arguments ("$@"):
 * nothing in them is read by a shell. -u is bash's name for what dash and busybox call -p. Jobs are the first to go
 * where the machine runs out of memory. Where taskset (util-linux, busybox) is, a program sees and uses its own cores alone.
 */
const SCRIPT = `
echo 1000 2>/dev/null > /proc/self/oom_score_adj
umask 077
[ -z "$6" ] || taskset -p -c "$6" $$ >/dev/null 2>&1 || :
ulimit -c 0
ulimit -n "$1" && ulimit -f "$2" && ulimit -d "$3" && ulimit -t "$4" || exit 125
ulimit -u "$5" 2>/dev/null || ulimit -p "$5" || exit 125
shift 6
exec "$@"
`;

// What `ulimit` counts in: -f blocks of 512 bytes (as POSIX has it), -d KiB.
const BLOCK_BYTES = 512;
const KIB = 1_024;

/** A command that runs another under limits, through nothing but the shell that every system has. */
export const limitedCommand = (argv: readonly string[], limits: ProcessLimits): readonly string[] => [
  '/bin/sh',
  '-c',
  SCRIPT,
  'tollgate-job',
  String(limits.filesMax),
  String(Math.ceil(limits.fileBytesMax / BLOCK_BYTES)),
  String(Math.ceil(limits.memoryBytesMax / KIB)),
  String(limits.cpuSecondsMax),
  String(limits.processesMax),
  limits.cores.join(','),
  ...argv,
];
