import type { WorkTask } from '../../../platform/work/startWorker.js';
import { DIRECTORY_TASK, REMOVE_TASK, tasks } from '../usecases/ports/tasks.js';
import type { Ports } from '../usecases/ports.js';
import { type KeyPolicy, turnSigningKeys } from '../usecases/turnSigningKeys.js';
import { checkDirectory } from './checkDirectory.js';
import { removeWhatIsOver } from './removeWhatIsOver.js';

/** The durable tasks by name. Each bears running twice. */
export const taskList = (ports: Ports, policy: KeyPolicy): Readonly<Record<string, WorkTask>> => ({
  [REMOVE_TASK]: () => removeWhatIsOver(ports),
  [DIRECTORY_TASK]: () => checkDirectory(ports),
  [tasks.turnSigningKeys]: turnSigningKeys(ports, policy),
});
