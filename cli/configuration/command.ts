import type { Command } from 'commander';
import { exitCodes } from '../exitCodes.js';
import { isStartError } from '../runUntilSignal.js';
import { terminalVoice } from '../startDetached.js';
import { configFileOption } from './configFileOption.js';
import { loadConfiguration, type Surroundings } from './loadConfiguration.js';
import { configurationTable, shownSettings } from './showConfiguration.js';

/** Adds `tollgate configuration`. */
export function addConfigurationCommand(program: Command, surroundings: Surroundings): void {
  const configuration = program.command('configuration').description('Look at what is configured.');
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
