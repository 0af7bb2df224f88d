import { once } from 'node:events';

/**
 * Where a test wants the program to die or to fail. `TOLLGATE_FAULTS` is read once, at start, by platform/server's
 * configuration, which refuses it where a database is beyond loopback; without it a fault point does nothing.
 */
export interface FaultPlan {
  readonly [point: string]: 'kill' | 'throw' | 'pause';
}

let plan: FaultPlan = {};

/**
 * Arms fault points from a text such as `access.request.afterHold=kill,accounting.captureHold.afterCommit=throw`.
 * Each fires once, then it is spent, so that a started-again process would need arming again.
 */
export function armFaults(text: string): void {
  const armed: Record<string, FaultPlan[string]> = {};
  for (const item of text.split(',').filter((part) => part !== '')) {
    const [point, action] = item.split('=');
    if (point === undefined || point === '' || (action !== 'kill' && action !== 'throw' && action !== 'pause')) {
      throw new Error(`TOLLGATE_FAULTS: "${item}" is not of the form point=kill|throw|pause.`);
    }
    armed[point] = action;
  }
  plan = armed;
}

/** A named place where a crash, an error or a pause can be injected. */
export async function faultpoint(point: string): Promise<void> {
  const action = plan[point];
  if (action === undefined) return;
  const { [point]: _spent, ...rest } = plan;
  plan = rest;
  if (action === 'kill') process.kill(process.pid, 'SIGKILL');
  if (action === 'throw') throw new Error(`fault injected at ${point}`);
  // Paused until the process is sent SIGUSR2: tests hold a runner past its lease with it. The line tells them that the
  // signal is waited for; without a listener it would end the process.
  const resumed = once(process, 'SIGUSR2');
  process.stderr.write(`paused at ${point}\n`);
  await resumed;
}
