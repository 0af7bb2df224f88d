import { once, setMaxListeners } from 'node:events';
import { DatabaseStartError } from '../platform/database/databaseStartError.js';
import { MigrationError } from '../platform/database/migrationError.js';
import { packageVersion } from '../platform/kernel/packageRoot.js';
import { logTo } from '../platform/server/log.js';
import { ServiceStartError } from '../platform/server/runDirectory.js';
import { ConfigurationError } from './configuration/configurationError.js';
import type { Configuration } from './configuration/loadConfiguration.js';
import { writeFirstConfiguration } from './configuration/writeFirstConfiguration.js';
import { exitCodes } from './exitCodes.js';
import { fileFault } from './fileFault.js';
import { openLogFile } from './logFile.js';
import { isNotThereYet } from './notThereYet.js';
import { recordProcess } from './processes/processRecord.js';
import { type Startable, startInstallation, wholeProgram } from './start.js';
import { welcome } from './welcome.js';

/** How a start tells what happens. */
export interface StartVoice {
  tell(text: string): void;
  /** All is ready; the text is what a person reads then. */
  ready(text: string): void;
  /** It cannot start. */
  refuse(message: string): void;
}

/**
 * Starts, says where everything is, waits for Ctrl-C (SIGINT) or SIGTERM and stops cleanly.
 * @returns the exit code: 0 after a clean stop, also of a start that was not ready yet; 1 where something cannot start (said in one sentence), 75 where what it
 * waits for is not there; a second signal ends the process with 130
 */
export async function runUntilSignal(
  configure: () => Promise<Configuration>,
  services: readonly Startable[],
  voice: StartVoice,
): Promise<number> {
  const stopping = firstSignal();
  let inOperatorsWords = (sentence: string): string => sentence;
  let doing = 'The start';
  try {
    const { environment, effective, file, isFileThere } = await configure();
    inOperatorsWords = effective.inOperatorsWords;
    const { home, logFile } = environment;
    doing = `The start on ${home}`;
    const log = logFile === null ? null : await openLogFile(logFile);
    if (log !== null) logTo(log.stream);
    voice.tell(`Starting ${services.length === 0 ? 'Tollgate' : services.join(', ')} on ${home} ...\n`);
    // Before anything starts: whoever stops it meanwhile must see it.
    const forget = await recordProcess(home, {
      startedAt: new Date().toISOString(),
      version: packageVersion,
      runs: services.length === 0 ? [...wholeProgram(environment)] : [...services],
      configuration: file,
      logFile: logFile?.path ?? null,
    });
    const installation = await startInstallation(environment, services, stopping).catch(async (error: unknown) => {
      await forget();
      // Whatever did not come about then, it was not to.
      if (stopping.aborted) return null;
      throw error;
    });
    if (installation === null) {
      await log?.close();
      voice.tell('Stopped before it was ready.\n');
      return exitCodes.done;
    }
    if (!isFileThere && (await writeFirstConfiguration(file))) voice.tell(explainedIn(file));
    voice.ready(welcome(environment, services, installation));
    if (!stopping.aborted) await once(stopping, 'abort');
    voice.tell('Stopping ...\n');
    await installation.stop();
    await forget();
    await log?.close();
    voice.tell('Stopped.\n');
    return exitCodes.done;
  } catch (error) {
    const sentence = startFault(error, doing);
    if (sentence === null) throw error;
    voice.refuse(error instanceof ConfigurationError ? sentence : inOperatorsWords(sentence));
    return isNotThereYet(error) ? exitCodes.tryAgain : exitCodes.cannotStart;
  }
}

/** What a person reads of an error that an operator can mend; null for any other. @param doing what failed */
export const startFault = (error: unknown, doing: string): string | null =>
  isStartError(error) ? error.message : fileFault(error, doing);

/** Said of a file that was just written. */
export const explainedIn = (file: string): string => `Every setting is explained in ${file}.\n`;

/** Ctrl-C reaches the whole group of processes, and npm passes on what it got itself: both are one wish. */
const ONE_WISH_MS = 500;

/**
 * Fires with the first signal: it begins the stop, or ends the start. A second one leaves at once: the database lives on and is
 * taken over by the next start.
 */
function firstSignal(): AbortSignal {
  const stopping = new AbortController();
  // Each service that starts waits for something.
  setMaxListeners(0, stopping.signal);
  let firstAt: number | undefined;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      firstAt ??= performance.now();
      stopping.abort();
      if (performance.now() - firstAt > ONE_WISH_MS) process.exit(exitCodes.interrupted);
    });
  }
  return stopping.signal;
}

/** Whether an error is one that an operator can mend; its message is for people. */
export const isStartError = (error: unknown): error is Error =>
  error instanceof ServiceStartError || error instanceof DatabaseStartError || error instanceof MigrationError;
