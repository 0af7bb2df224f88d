import { Argument, type Command, Option } from 'commander';
import { configFileOption } from './configuration/configFileOption.js';
import { loadConfiguration, type Surroundings } from './configuration/loadConfiguration.js';
import { writeFirstConfiguration } from './configuration/writeFirstConfiguration.js';
import { logLevels } from './environment.js';
import { exitCodes } from './exitCodes.js';
import { stopProcesses } from './processes/stopProcesses.js';
import { explainedIn, runUntilSignal, startFault } from './runUntilSignal.js';
import { type Startable, startable } from './start.js';
import { startDetached, terminalVoice } from './startDetached.js';

interface StartOptions {
  readonly config?: string;
  readonly verbosity?: string;
  readonly debug?: true;
  readonly ui?: boolean;
  readonly force?: true;
  readonly detach?: true;
}

/** Adds `tollgate start`. */
export function addStartCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('start')
    .description('Start everything, or the named services alone, until Ctrl-C.')
    .addArgument(new Argument('[service...]', 'which services').choices([...startable]))
    .addOption(configFileOption())
    .addOption(new Option('--verbosity <level>', 'how much is logged').choices([...logLevels]))
    .option('--debug', 'log everything, and show where an error comes from')
    .option('--ui', 'serve GraphiQL')
    .option('--no-ui', 'serve no GraphiQL')
    .option('--force', 'end what runs on the data folder first')
    .option('--detach', 'run in the background; returns when all is ready')
    .addHelpText(
      'after',
      '\nExamples:\n  tollgate start\n  tollgate start database\n  tollgate start accounting --config /etc/tollgate/accounting.yaml\n' +
        '\nSettings: docs/configuration.md; "tollgate configuration show" prints what counts.',
    )
    .action(async (services: Startable[], options: StartOptions) => {
      process.exitCode = await start(services, options, surroundings);
    });
}

async function start(
  services: readonly Startable[],
  options: StartOptions,
  surroundings: Surroundings,
): Promise<number> {
  const configure = async () => {
    const { config } = options;
    if (config !== undefined && (await writeFirstConfiguration(config))) {
      terminalVoice.tell(`${config} was not there; it is now, and sets nothing. ${explainedIn(config)}`);
    }
    return loadConfiguration({
      ...surroundings,
      file: options.config ?? null,
      options: optionsAsSettings(options),
    });
  };
  try {
    if (options.force !== undefined || options.detach !== undefined) {
      const { home } = (await configure()).environment;
      if (options.force !== undefined) {
        const left = await stopProcesses({ home, force: true, tell: (line) => terminalVoice.tell(`${line}\n`) });
        if (left.length > 0) return exitCodes.cannotStart;
      }
      if (options.detach !== undefined)
        return await startDetached(home, [...services, ...asWords(options)], terminalVoice);
    }
    return await runUntilSignal(configure, services, terminalVoice);
  } catch (error) {
    const sentence = startFault(error, 'The start');
    if (sentence === null || options.debug !== undefined) throw error;
    terminalVoice.refuse(sentence);
    return exitCodes.cannotStart;
  }
}

function optionsAsSettings({
  verbosity,
  debug,
  ui,
}: StartOptions): ReadonlyMap<string, { text: string; option: string }> {
  const settings = new Map<string, { text: string; option: string }>();
  if (verbosity !== undefined) settings.set('TOLLGATE_LOG_LEVEL', { text: verbosity, option: '--verbosity' });
  if (debug !== undefined) settings.set('TOLLGATE_LOG_LEVEL', { text: 'debug', option: '--debug' });
  if (ui !== undefined) settings.set('TOLLGATE_UI', { text: ui ? 'on' : 'off', option: ui ? '--ui' : '--no-ui' });
  return settings;
}

/** The options again, for the process in the background. */
function asWords({ config, verbosity, debug, ui }: StartOptions): readonly string[] {
  return [
    ...(config === undefined ? [] : ['--config', config]),
    ...(verbosity === undefined ? [] : ['--verbosity', verbosity]),
    ...(debug === undefined ? [] : ['--debug']),
    ...(ui === undefined ? [] : [ui ? '--ui' : '--no-ui']),
  ];
}
