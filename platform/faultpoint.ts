import { once } from 'node:events';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** What happens at an armed fault point. */
type FaultAction = 'kill' | 'throw' | 'pause';

/** One that is armed, for so many times: `id` tells its firings apart, where it comes from a file. */
interface Fault {
  readonly action: FaultAction;
  readonly times: number;
  readonly id: string;
}

/** Takes what is armed at a point, once. */
type Plan = (point: string) => Fault | null;

const FILE = 'file:';
const nothing: Plan = () => null;
let plan = nothing;

/**
 * Where a test wants the program to die or to fail. `TOLLGATE_FAULTS` is read once, at start, by platform/server's
 * configuration, which refuses it where a database is beyond loopback; without it a fault point does nothing.
 *
 * Arms fault points from a text such as `access.request.afterHold=kill,accounting.captureHold.afterCommit=throw`.
 * Each fires once, or as often as `*<times>` behind the action says; then it is spent, so that a started-again process
 * would need arming again. From `file:<path>` such a text is read at each point, so that a test arms running processes: there
 * each item ends with `#<id>`, and the ids that have fired stand in `<path>.fired`, one a line.
 */
export function armFaults(text: string): void {
  plan = text.startsWith(FILE) ? fromFile(text.slice(FILE.length)) : fromText(text);
}

function fromText(text: string): Plan {
  if (text === '') return nothing;
  const armed = new Map(parse(text));
  return (point) => {
    const fault = armed.get(point);
    if (fault === undefined || fault.times === 0) return null;
    armed.set(point, { ...fault, times: fault.times - 1 });
    return fault;
  };
}

function fromFile(path: string): Plan {
  const read = (name: string): string => (existsSync(name) ? readFileSync(name, 'utf8') : '');
  return (point) => {
    const fault = new Map(parse(read(path).trim())).get(point);
    if (fault === undefined) return null;
    const fired = read(`${path}.fired`).split('\n');
    if (fired.filter((id) => id === fault.id).length >= fault.times) return null;
    appendFileSync(`${path}.fired`, `${fault.id}\n`);
    return fault;
  };
}

function parse(text: string): (readonly [string, Fault])[] {
  return text
    .split(',')
    .filter((item) => item !== '')
    .map((item) => {
      const [, point, action, times = '1', id = ''] =
        /^([^=]+)=(kill|throw|pause)(?:\*([1-9][0-9]{0,4}))?(?:#([\w.-]+))?$/.exec(item) ?? [];
      if (point === undefined) {
        throw new Error(`TOLLGATE_FAULTS: "${item}" is not of the form point=kill|throw|pause[*times].`);
      }
      // The expression takes no other word.
      return [point, { action: action as FaultAction, times: Number(times), id }];
    });
}

/** A named place where a crash, an error or a pause can be injected. */
export async function faultpoint(point: string): Promise<void> {
  const fault = plan(point);
  if (fault === null) return;
  if (fault.action === 'kill') process.kill(process.pid, 'SIGKILL');
  if (fault.action === 'throw') throw new Error(`fault injected at ${point}`);
  // Paused until the process is sent SIGUSR2: tests hold a runner past its lease with it. The line tells them that the
  // signal is waited for; without a listener it would end the process.
  const resumed = once(process, 'SIGUSR2');
  process.stderr.write(`paused at ${point}${fault.id === '' ? '' : `#${fault.id}`}\n`);
  await resumed;
}
