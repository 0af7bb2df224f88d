import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { configFileOption } from '../configuration/configFileOption.js';
import { ConfigurationError } from '../configuration/configurationError.js';
import {
  type ConfigurationRequest,
  findHome,
  loadConfiguration,
  type Surroundings,
} from '../configuration/loadConfiguration.js';
import type { Environment } from '../environment.js';
import { exitCodes } from '../exitCodes.js';
import { isStartError } from '../runUntilSignal.js';
import { terminalVoice } from '../startDetached.js';
import { infoTable } from './infoTable.js';
import { installationInfo, isAllReady } from './installationInfo.js';
import { stopProcesses } from './stopProcesses.js';

/** Adds `tollgate stop` and `tollgate info`. */
export function addProcessCommands(program: Command, surroundings: Surroundings): void {
  program
    .command('stop')
    .description('Stop what runs on the data folder: requests are answered, chains handed over, jobs ended.')
    .addOption(configFileOption())
    .option('--force', 'kill what has not ended after five seconds')
    .action(async ({ config, force }: { config?: string; force?: true }) => {
      const request = { ...surroundings, file: config ?? null, options: new Map() };
      process.exitCode = await orRefuse(async () => {
        const tell = (line: string): void => terminalVoice.tell(`${line}\n`);
        const left = await stopProcesses({ home: await findHome(request), force: force !== undefined, tell });
        return left.length === 0 ? exitCodes.done : exitCodes.notSo;
      });
    });
  program
    .command('info')
    .description('Print what runs on the data folder: processes, ports, versions, health, database, peers.')
    .addOption(configFileOption())
    .option('--json', 'as JSON')
    .option('--ready', 'exit with 3 unless services run here and each is ready')
    .addHelpText('after', '\nExit codes: 0 done, 1 it cannot be looked at, 3 nothing runs, or not all is ready.')
    .action(async ({ config, json, ready }: { config?: string; json?: true; ready?: true }) => {
      const request = { ...surroundings, file: config ?? null, options: new Map() };
      process.exitCode = await orRefuse(async () => {
        const said = new Set<string>();
        const environment = await configured(request, said);
        const info = await installationInfo(environment?.home ?? (await findHome(request)), {
          now: new Date(),
          environmentOf: async ({ configuration: file }) => {
            if (config !== undefined || file === null) return environment;
            // A process may have another file than the folder's, and trust another authority by it. One that is gone says nothing.
            return existsSync(file) ? configured({ ...request, file }, said) : environment;
          },
        });
        terminalVoice.tell(json === undefined ? infoTable(info) : `${JSON.stringify(info, null, 2)}\n`);
        const isSo = ready === undefined ? info.processes.length > 0 : isAllReady(info);
        return isSo ? exitCodes.done : exitCodes.notSo;
      });
    });
}

/**
 * What is configured; null where that is wrong by now, which is said: what runs is looked at all the same.
 * @param said what was said already
 */
async function configured(request: ConfigurationRequest, said: Set<string>): Promise<Environment | null> {
  try {
    return (await loadConfiguration(request)).environment;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    if (!said.has(error.message)) terminalVoice.refuse(error.message);
    said.add(error.message);
    return null;
  }
}

async function orRefuse(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!isStartError(error)) throw error;
    terminalVoice.refuse(error.message);
    return exitCodes.cannotStart;
  }
}
