import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stopProcesses } from '../../../cli/processes/stopProcesses.js';
import { makeHome } from '../../support/program.js';

const PROGRAM = `
  process.on('SIGTERM', () => {});
  const { recordProcess } = await import(process.argv[1]);
  await recordProcess(process.argv[2], {
    startedAt: new Date().toISOString(), version: '0', runs: ['gateway'], configuration: null, logFile: null,
  });
  process.stdout.write('recorded');
  setInterval(() => {}, 1_000);
`;

let home: string;
let remove: () => Promise<void>;
let child: ChildProcess;
beforeEach(async () => {
  ({ home, remove } = await makeHome());
  const record = new URL('../../../dist/cli/processes/processRecord.js', import.meta.url).href;
  child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, record, home], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout ?? child, 'data');
});
afterEach(async () => {
  child.kill('SIGKILL');
  await remove();
});

it('tells what has not ended in its time, and leaves it; by force it is killed', async () => {
  const told: string[] = [];
  const tell = (line: string): void => void told.push(line);
  const named = `process ${child.pid} (gateway)`;
  const left = await stopProcesses({ home, force: false, tell, patienceMs: 200 });
  expect(left).toMatchObject([{ pid: child.pid, runs: ['gateway'] }]);
  expect(told.splice(0)).toEqual([
    `Stopping ${named} ...`,
    `${named} has not ended; "tollgate stop --force" kills it.`,
  ]);
  expect(child.exitCode ?? child.signalCode).toBeNull();
  const ended = once(child, 'exit');
  expect(await stopProcesses({ home, force: true, tell, patienceMs: 200 })).toEqual([]);
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(told).toEqual([
    `Stopping ${named} ...`,
    `Killing ${named}, which does not end by itself ...`,
    `Stopped ${named}.`,
  ]);
});
