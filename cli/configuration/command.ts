import type { Command } from 'commander';
import { exitCodes } from '../exitCodes.js';
import { explainedIn, isStartError } from '../runUntilSignal.js';
import { terminalVoice } from '../startDetached.js';
import { configFileOption } from './configFileOption.js';
import { loadConfiguration, type Surroundings } from './loadConfiguration.js';
import { configurationTable, shownSettings } from './showConfiguration.js';
import { writeFirstConfiguration } from './writeFirstConfiguration.js';

/** Adds `tollgate configuration`. */
export function addConfigurationCommand(program: Command, surroundings: Surroundings): void {
  const configuration = program.command('configuration').description('Look at what is configured.');
  configuration
    .command('init')
    .description('Write a configuration file with every key explained and none set; one that is there stays as it is.')
    .argument('<file>', 'the file, which must not be there yet')
    .action(async (file: string) => {
      process.exitCode = await initConfiguration(file);
    });
  configuration
    .command('show')
    .description('Check all that is configured, and print what counts and where it comes from; no secret.')
    .addOption(configFileOption())
    .option('--json', 'as JSON')
    .action(async ({ config, json }: { config?: string; json?: true }) => {
      try {
        const request = { ...surroundings, file: config ?? null, options: new Map() };
        const { effective } = await loadConfiguration(request);
        process.stdout.write(
          json === undefined ? configurationTable(effective) : `${JSON.stringify(shownSettings(effective), null, 2)}\n`,
        );
      } catch (error) {
        if (!isStartError(error)) throw error;
        terminalVoice.refuse(error.message);
        process.exitCode = exitCodes.cannotStart;
      }
    });
}

/** @returns the exit code: 4 where the file is there already, 1 where it cannot be written */
async function initConfiguration(file: string): Promise<number> {
  try {
    if (await writeFirstConfiguration(file)) {
      terminalVoice.tell(explainedIn(file));
      return exitCodes.done;
    }
    terminalVoice.refuse(`${file} is there already; nothing was changed.`);
    return exitCodes.alreadyThere;
  } catch (error) {
    if (!isStartError(error)) throw error;
    terminalVoice.refuse(error.message);
    return exitCodes.cannotStart;
  }
}
