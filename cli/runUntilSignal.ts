import { DatabaseStartError } from '../platform/database/databaseStartError.js';
import { MigrationError } from '../platform/database/migrationError.js';
import { ServiceStartError } from '../platform/server/runDirectory.js';
import type { Environment } from './environment.js';
import { type Startable, startInstallation } from './start.js';
import { welcome } from './welcome.js';

/** Exit code where something cannot start. */
const EXIT_CANNOT_START = 1;
/** Exit code where a second signal did not wait for a clean stop: 128 + SIGINT. */
const EXIT_INTERRUPTED = 130;

/**
 * Starts, says where everything is, waits for Ctrl-C (SIGINT) or SIGTERM and stops cleanly.
 * @returns the exit code: 0 after a clean stop, 1 where something cannot start (said in one sentence); a second signal
 * ends the process with 130
 */
export async function runUntilSignal(
  readEnvironment: () => Promise<Environment>,
  services: readonly Startable[],
): Promise<number> {
  const signalled = firstSignal();
  try {
    const environment = await readEnvironment();
    process.stdout.write(
      `Starting ${services.length === 0 ? 'Tollgate' : services.join(', ')} on ${environment.home} ...\n`,
    );
    const installation = await startInstallation(environment, services);
    process.stdout.write(welcome(environment, services, installation.gatewayUrl));
    await signalled;
    process.stdout.write('Stopping ...\n');
    await installation.stop();
    process.stdout.write('Stopped.\n');
    return 0;
  } catch (error) {
    if (!isStartError(error)) throw error;
    process.stderr.write(`tollgate: ${error.message}\n`);
    return EXIT_CANNOT_START;
  }
}

/** Ctrl-C reaches the whole group of processes, and npm passes on what it got itself: both are one wish. */
const ONE_WISH_MS = 500;

/**
 * The first signal begins the stop, as soon as the start has come to its end. A second one leaves at once: the database
 * lives on and is taken over by the next start.
 */
function firstSignal(): Promise<void> {
  let firstAt: number | undefined;
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        firstAt ??= performance.now();
        resolve();
        if (performance.now() - firstAt > ONE_WISH_MS) process.exit(EXIT_INTERRUPTED);
      });
    }
  });
}

const isStartError = (error: unknown): error is Error =>
  error instanceof ServiceStartError || error instanceof DatabaseStartError || error instanceof MigrationError;
