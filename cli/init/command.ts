import { type Command, InvalidArgumentError, Option } from 'commander';
import { httpAddress } from '../../platform/kernel/httpAddress.js';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import { exitCodes } from '../exitCodes.js';
import { startFault } from '../runUntilSignal.js';
import { terminalVoice } from '../startDetached.js';
import { certifyServices } from './certifyServices.js';
import { type AuthorityStep, authoritySteps, changeAuthority } from './changeAuthority.js';
import { parseHosts } from './hosts.js';
import { type InstallationRecord, readInstallation } from './installation.js';
import { addressOf } from './machineConfiguration.js';
import { FolderTakenError, makeInstallation } from './makeInstallation.js';
import { reportOf, reportText } from './report.js';

interface InitOptions {
  readonly hosts?: string;
  readonly output: string;
  readonly url?: string;
  readonly days: number;
  readonly renew?: true;
  readonly newAuthority?: AuthorityStep;
  readonly json?: true;
}

const DAYS_DEFAULT = 365;
const DAYS_MAX = 3_650;

const HELP = `
Makes a folder with a private authority (ca/, which stays there) and one folder for each machine (machines/HOST, which
is copied to it as its data folder): tollgate.yaml, the machine's certificates and private keys, and the public keys of
all services. Files are 0600, folders 0700. Nothing that is there is overwritten.

--hosts names where each of gateway, identity, accounting, storage, compute and access runs:
  SERVICE=HOST[:PORT][+NAME...],...
HOST is a name or an IP address (IPv6 in brackets), by which the other services call it. Services of one HOST share a
folder. PORT is 4000 to 4005 in the order above where it is not said. Each +NAME stands in the certificate, too: the
balancer's name, or the hosts of further replicas, which get a copy of the same folder.

--renew makes new certificates with the same authority and hosts; copy each tls/ again. Running services take them
without a restart.

--new-authority takes a step of replacing the authority, too, while everything serves: "begin" makes the new one, "switch"
makes certificates with it, "end" drops the one before. Copy each tls/ after each step, and wait a minute, before the next.

Exit codes: 0 done, 1 not done, 4 the folder has something in it already.

Examples:
  tollgate init --output center --url https://tollgate.example.org --hosts \\
    gateway=gw.example.org,identity=id.example.org,accounting=acct.example.org,storage=10.0.0.7:4103+files.example.org,\\
    compute=hpc.example.org,access=id.example.org
  tollgate init --renew --output center --days 90`;

/** Adds `tollgate init`. */
export function addInitCommand(program: Command): void {
  program
    .command('init')
    .description(
      'Make certificates, keys and configurations of an installation on several machines, or renew certificates.',
    )
    .addOption(new Option('--hosts <list>', 'where each service runs, see below').conflicts('renew'))
    .option('--output <folder>', 'the folder to make, or to renew in', 'tollgate-installation')
    .addOption(
      new Option('--url <address>', 'the https:// address that clients know the gateway by; unset: its own').conflicts(
        'renew',
      ),
    )
    .option('--days <number>', `how long certificates are good: 1 to ${DAYS_MAX}`, days, DAYS_DEFAULT)
    .option('--renew', 'make new certificates in the folder')
    .addOption(
      new Option('--new-authority <step>', 'replace the authority in three steps, see below')
        .choices([...authoritySteps])
        .conflicts(['hosts', 'url'])
        .implies({ renew: true }),
    )
    .option('--json', 'what was made as JSON')
    .addHelpText('after', HELP)
    .action(async (options: InitOptions) => {
      process.exitCode = await init(options, new Date());
    });
}

async function init(options: InitOptions, now: Date): Promise<number> {
  const { output, renew, newAuthority: step } = options;
  try {
    const record = renew === undefined ? wishOf(options) : await readInstallation(output);
    const times = { now, days: options.days };
    if (renew === undefined) await makeInstallation(output, record, times);
    else if (step === undefined) await certifyServices(output, record, times);
    else await changeAuthority(step, output, { record, times });
    const report = await reportOf(output, record);
    const text = () => reportText(report, renew === undefined ? 'made' : (step ?? 'renewed'));
    process.stdout.write(options.json === undefined ? text() : `${JSON.stringify(report, null, 2)}\n`);
    return exitCodes.done;
  } catch (error) {
    const sentence = startFault(error, renew === undefined ? 'The installation' : 'The renewal');
    if (sentence === null) throw error;
    terminalVoice.refuse(sentence);
    return error instanceof FolderTakenError ? exitCodes.alreadyThere : exitCodes.cannotStart;
  }
}

const clientsAddress = httpAddress.refine(
  (text) => text.startsWith('https:'),
  'it must be https://, since clients send passwords there',
);

function wishOf({ hosts, url }: InitOptions): InstallationRecord {
  if (hosts === undefined) {
    throw new ServiceStartError(
      'Say where the services run with --hosts, or renew with --renew; "tollgate init --help" has examples.',
    );
  }
  const places = parseHosts(hosts);
  const fault = url === undefined ? undefined : clientsAddress.safeParse(url).error?.issues[0];
  // It may hold a password, and is not said again.
  if (fault !== undefined) throw new ServiceStartError(`--url is not valid: ${fault.message}.`);
  return { publicUrl: url?.replace(/\/+$/, '') ?? addressOf(places.gateway), places };
}

function days(text: string): number {
  const number = Number(text);
  if (!/^\d{1,4}$/.test(text) || number < 1 || number > DAYS_MAX) {
    throw new InvalidArgumentError(`It must be a whole number of days, 1 to ${DAYS_MAX}.`);
  }
  return number;
}
