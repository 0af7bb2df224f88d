import type { ControllerConfig } from '../config.js';
import type { ControllerFolders } from '../folders.js';
import { asOtherUser } from './asOtherUser.js';
import { inNamespace } from './inNamespace.js';
import type { Isolation } from './isolation.js';
import { hasNoNewPrivileges, noNewPrivileges } from './noNewPrivileges.js';
import { none } from './none.js';
import { probeIsolation } from './probeIsolation.js';

/** What isolation this machine gives, and why none where there is none. */
export interface ChosenIsolation {
  readonly isolation: Isolation;
  readonly isolates: boolean;
  /** One line for the start: how jobs are kept apart, or that they are not. */
  readonly line: string;
}

/**
 * Takes the isolation that is right for the controller's user, and believes in it only after a job under it has tried
 * to read a file in TOLLGATE_HOME and could not.
 */
export async function chooseIsolation(config: ControllerConfig, folders: ControllerFolders): Promise<ChosenIsolation> {
  const narrows = await hasNoNewPrivileges();
  const candidate = candidateFor(config, narrows ? noNewPrivileges : []);
  const failure = typeof candidate === 'string' ? candidate : await probeIsolation(candidate, config, folders);
  if (typeof candidate !== 'string' && failure === null) {
    return { isolation: candidate, isolates: true, line: isolatedLine(candidate, narrows) };
  }
  return {
    isolation: none,
    isolates: false,
    line: `Jobs are NOT isolated here (${failure}): a job can read what Tollgate can; only operators' and trusted people's jobs run.`,
  };
}

function candidateFor(config: ControllerConfig, prefix: readonly string[]): Isolation | string {
  if (config.isolation === 'none') return 'TOLLGATE_LOCAL_ISOLATION is none';
  if (process.platform !== 'linux') return `${process.platform} is not supported`;
  return process.getuid?.() === 0 ? asOtherUser(config.firstUid, prefix) : inNamespace(config.home);
}

function isolatedLine({ name }: Isolation, narrows: boolean): string {
  if (name === 'namespace') return 'Jobs are isolated: each runs in namespaces.';
  return `Jobs are isolated: each runs as another user${narrows ? '' : '; without setpriv, set-user programs work in them'}.`;
}
