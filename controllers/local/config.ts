import { availableParallelism, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { httpAddress } from '../../platform/kernel/httpAddress.js';
import { defaultHome, type Variables } from '../../platform/server/settings.js';

/** The variables of the local controller alone, which whoever starts it hands on to it. */
export const controllerVariables = [
  'TOLLGATE_LOCAL_SLOTS',
  'TOLLGATE_LOCAL_ISOLATION',
  'TOLLGATE_LOCAL_FIRST_UID',
  'TOLLGATE_LOCAL_LEASE_SECONDS',
  'TOLLGATE_LOCAL_POLL_MS',
  'TOLLGATE_LOCAL_KILL_GRACE_MS',
  'TOLLGATE_LOCAL_SCRATCH_BYTES',
  'TOLLGATE_LOCAL_PROCESSES',
  'TOLLGATE_LOCAL_MEMORY_PER_CORE',
  'TOLLGATE_LOCAL_CREDENTIALS',
] as const;
type Variable = (typeof controllerVariables)[number] | 'TOLLGATE_HOME' | 'TOLLGATE_URL' | 'TOLLGATE_LOG_LEVEL';

/** What the local controller is configured with. */
export interface ControllerConfig {
  /** TOLLGATE_HOME: credentials are read there, jobs run below it. */
  readonly home: string;
  /** TOLLGATE_URL: the gateway; null: the one that runs on the home, wherever it listens then. */
  readonly gatewayUrl: string | null;
  /** TOLLGATE_LOG_LEVEL: pino's names, or silent. */
  readonly logLevel: string;
  /** TOLLGATE_LOCAL_SLOTS: jobs at the same time. */
  readonly slots: number;
  /** TOLLGATE_LOCAL_ISOLATION: `auto`, or `none` to go without, as where the probe fails. */
  readonly isolation: 'auto' | 'none';
  /** TOLLGATE_LOCAL_FIRST_UID: jobs in slot n run as this uid + n when the controller is root. */
  readonly firstUid: number;
  /** TOLLGATE_LOCAL_LEASE_SECONDS: how long Tollgate waits for a controller that does not answer. */
  readonly leaseSeconds: number;
  /** TOLLGATE_LOCAL_POLL_MS: how often to ask for jobs. */
  readonly pollMs: number;
  /** TOLLGATE_LOCAL_KILL_GRACE_MS: what a job has between SIGTERM and SIGKILL. */
  readonly killGraceMs: number;
  /** TOLLGATE_LOCAL_SCRATCH_BYTES: what a job may write, in all and in one file. */
  readonly scratchBytesMax: number;
  /** TOLLGATE_LOCAL_PROCESSES: processes and threads of a job. */
  readonly processesMax: number;
  /** TOLLGATE_LOCAL_MEMORY_PER_CORE: bytes that a core comes with under a grant of memory; by default its even part of the machine. */
  readonly memoryBytesPerCore: number;
  /** Cores and memory of this machine. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly credentialsFile: string;
}

const whole = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

/**
 * Reads the environment, once.
 * @throws Error naming the variable that is wrong
 */
export function readControllerConfig(env: Variables): ControllerConfig {
  const read = <Value>(name: Variable, rule: z.ZodType<Value>, fallback: Value): Value => {
    const text = env[name];
    if (text === undefined || text === '') return fallback;
    const parsed = rule.safeParse(text);
    if (parsed.success) return parsed.data;
    throw new Error(`${name} is not valid: ${parsed.error.issues[0]?.message ?? 'wrong form'}.`);
  };
  const home = resolve(read('TOLLGATE_HOME', z.string(), defaultHome(process.getuid?.())));
  const cores = availableParallelism();
  const memoryBytes = totalmem();
  return Object.freeze({
    home,
    gatewayUrl: read<string | null>('TOLLGATE_URL', httpAddress, null),
    logLevel: read<string>('TOLLGATE_LOG_LEVEL', z.enum(['silent', 'error', 'warn', 'info', 'debug']), 'warn'),
    slots: read('TOLLGATE_LOCAL_SLOTS', whole(1, 100), 2),
    isolation: read<'auto' | 'none'>('TOLLGATE_LOCAL_ISOLATION', z.enum(['auto', 'none']), 'auto'),
    firstUid: read('TOLLGATE_LOCAL_FIRST_UID', whole(1_000, 2_000_000_000), 61_000),
    leaseSeconds: read('TOLLGATE_LOCAL_LEASE_SECONDS', whole(5, 3_600), 60),
    pollMs: read('TOLLGATE_LOCAL_POLL_MS', whole(50, 60_000), 400),
    killGraceMs: read('TOLLGATE_LOCAL_KILL_GRACE_MS', whole(0, 60_000), 2_000),
    scratchBytesMax: read('TOLLGATE_LOCAL_SCRATCH_BYTES', whole(1_048_576, 2 ** 50), 10 * 2 ** 30),
    processesMax: read('TOLLGATE_LOCAL_PROCESSES', whole(8, 100_000), 256),
    memoryBytesPerCore: read(
      'TOLLGATE_LOCAL_MEMORY_PER_CORE',
      whole(1, 2 ** 50),
      Math.max(1, Math.floor(memoryBytes / cores)),
    ),
    cores,
    memoryBytes,
    credentialsFile: read('TOLLGATE_LOCAL_CREDENTIALS', z.string(), join(home, 'controllers', 'local.json')),
  });
}
