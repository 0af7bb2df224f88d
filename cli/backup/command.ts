import { setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { configFileOption } from '../configuration/configFileOption.js';
import { findHome, loadConfiguration, type Surroundings } from '../configuration/loadConfiguration.js';
import { exitCodes } from '../exitCodes.js';
import { isStartError } from '../runUntilSignal.js';
import { terminalVoice } from '../startDetached.js';
import { BackupError, DamagedBackup } from './backupError.js';
import { bucketLines } from './bucket.js';
import type { Manifest } from './manifest.js';
import { makeProgress, mebibytes, type Progress } from './progress.js';
import { namingKeys, refuseRestoreOfPart } from './refusePartOfSeveral.js';
import { restoreBackup } from './restoreBackup.js';
import { takeBackup } from './takeBackup.js';
import { verifyBackup } from './verifyBackup.js';

interface Options {
  readonly config?: string;
  readonly home?: string;
  readonly json?: true;
}

const EXIT_CODES =
  '\nExit codes: 0 done, 1 not possible, 3 the backup is damaged, 130 interrupted; nothing half done is left.\n';

/** Adds `tollgate backup`, `tollgate backup verify` and `tollgate restore`. */
export function addBackupCommands(program: Command, surroundings: Surroundings): void {
  const requestOf = ({ config }: Options) => ({ ...surroundings, file: config ?? null, options: new Map() });
  const backup = program
    .command('backup')
    .description('Copy databases, files and keys to one point in time, while Tollgate serves.')
    .argument('<folder>', 'the backup: a folder that is not there yet')
    .addOption(configFileOption())
    .option('--json', 'tell the outcome as JSON')
    .addHelpText(
      'after',
      `\nThe backup holds every secret of the installation. How, and how to restore it: docs/operations.md.\n${EXIT_CODES}`,
    )
    .action(async (folder: string, options: Options) => {
      process.exitCode = await interruptible(async (signal, progress) => {
        const { environment, effective } = await loadConfiguration(requestOf(options));
        const manifest = await takeBackup({ environment, target: folder, progress, signal }).catch((error: unknown) => {
          throw namingKeys(error, effective);
        });
        const { bytes, files, point } = manifest;
        tell(options, { backup: resolve(folder), ...manifest }, [
          `Backed up ${environment.home} to ${resolve(folder)}: ${files} files, ${mebibytes(bytes)}.`,
          `All that was answered before ${point.after} is in it.`,
          ...bucketLines(manifest, 'stay'),
        ]);
      });
    });
  backup
    .command('verify')
    .description('Read a backup to its last byte: whether it is what it was when it was made.')
    .argument('<backup>', 'the folder of the backup')
    .option('--json', 'tell the outcome as JSON')
    .addHelpText('after', EXIT_CODES)
    .action(async (folder: string, _own: Options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      process.exitCode = await interruptible(async (signal, progress) => {
        const { manifest } = await verifyBackup(resolve(folder), { progress, signal });
        const { files, bytes, point, program: version } = manifest;
        tell(options, { backup: resolve(folder), ...manifest }, [
          `${resolve(folder)} is whole: ${files} files, ${mebibytes(bytes)}, of ${point.after}, by Tollgate ${version}.`,
        ]);
      });
    });
  program
    .command('restore')
    .description('Make a data folder from a backup.')
    .argument('<backup>', 'the folder of the backup')
    .option('--home <folder>', 'the data folder to make; unset: TOLLGATE_HOME, or what --config says')
    .addOption(configFileOption())
    .option('--json', 'tell the outcome as JSON')
    .addHelpText(
      'after',
      `\nEverybody logs in anew afterwards. What to look at then: docs/operations.md.\n${EXIT_CODES}`,
    )
    .action(async (folder: string, options: Options) => {
      process.exitCode = await interruptible(async (signal, progress) => {
        const home = resolve(options.home ?? (await findHome(requestOf(options))));
        await refuseRestoreOfPart(resolve(folder), requestOf(options));
        const { manifest, endedSessions } = await restoreBackup({ backup: folder, home, progress, signal });
        tell(options, { home, endedSessions, ...manifest }, [
          `Restored ${home} as it was at ${manifest.point.after}; ${endedSessions} log-ins were ended.`,
          ...placesOf(manifest, home),
          ...bucketLines(manifest, 'are needed'),
        ]);
      });
    });
}

/** What the configuration must be told before the home is started. */
const placesOf = ({ elsewhere }: Manifest, home: string): readonly string[] =>
  elsewhere.map(
    ({ setting, path, now }) =>
      `${setting} said ${path}; what was there is now ${home}/${now}: move it there, or take the setting out.`,
  );

/** The outcome alone is on standard output. */
function tell({ json }: Options, outcome: object, lines: readonly string[]): void {
  terminalVoice.tell(json === undefined ? `${lines.join('\n')}\n` : `${JSON.stringify(outcome, null, 2)}\n`);
}

/** Runs a long work that Ctrl-C ends. @returns the exit code */
async function interruptible(work: (signal: AbortSignal, progress: Progress) => Promise<void>): Promise<number> {
  const interruption = new AbortController();
  // Each file that is being read listens.
  setMaxListeners(0, interruption.signal);
  const interrupt = (): void => interruption.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  const progress = makeProgress(
    (line) => void process.stderr.write(`${line}\n`),
    () => performance.now(),
  );
  try {
    await work(interruption.signal, progress);
    return exitCodes.done;
  } catch (error) {
    if (interruption.signal.aborted) {
      terminalVoice.refuse('Interrupted; nothing is left of it.');
      return exitCodes.interrupted;
    }
    if (!(error instanceof BackupError) && !isStartError(error)) throw error;
    terminalVoice.refuse(error.message);
    return error instanceof DamagedBackup ? exitCodes.notSo : exitCodes.cannotStart;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  }
}
