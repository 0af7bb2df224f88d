import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gatewayTrust } from '../../cli/gatewayTrust.js';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import { readOperator } from '../../cli/tour/runningInstallation.js';
import { playStory } from '../../cli/tour/story.js';
import { freePort, makeHome, type Program, startProgram } from '../support/program.js';

/** Two addresses of loopback stand for two machines, each with services, a database and a data folder of its own. */
const FIRST = '127.0.0.2';
const SECOND = '127.0.0.3';

let folder: string;
let remove: () => Promise<void>;
let gatewayUrl: string;
const programs: Program[] = [];

beforeAll(async () => {
  const made = await makeHome();
  remove = made.remove;
  folder = dirname(made.home);
  const places: string[] = [];
  for (const service of ['identity', 'compute', 'access']) places.push(`${service}=${FIRST}:${await freePort()}`);
  for (const service of ['accounting', 'storage']) places.push(`${service}=${SECOND}:${await freePort()}`);
  const gatewayPort = await freePort();
  places.push(`gateway=${SECOND}:${gatewayPort}`);
  gatewayUrl = `https://${SECOND}:${gatewayPort}`;
  const output = join(folder, 'center');
  const init = startProgram(['init', '--output', output, '--hosts', places.join(',')], {});
  expect((await init.ended).code, init.output()).toBe(0);
  for (const host of [FIRST, SECOND]) {
    await mkdir(join(folder, host), { mode: 0o711 });
    await cp(join(output, 'machines', host), join(folder, host), { recursive: true });
  }
});
afterAll(async () => {
  await Promise.all(programs.map((program) => program.end('SIGTERM')));
  await remove();
});

it('the whole story is played over mutual TLS between two machines, made by tollgate init alone', async () => {
  const start = (host: string, ...services: string[]): Program => {
    const program = startProgram(['start', 'database', ...services], { TOLLGATE_HOME: join(folder, host) });
    programs.push(program);
    return program;
  };
  const second = start(SECOND, 'accounting', 'storage', 'gateway');
  const first = start(FIRST, 'identity', 'compute', 'access', 'controller');
  await Promise.all([first.waitFor(/Ready: database/), second.waitFor(/Ready: database/)]);
  const home = join(folder, FIRST);
  const steps: string[] = [];
  const stage = {
    client: httpClient(gatewayUrl, await gatewayTrust({ home, caFile: null, variables: {} })),
    codes: oneTimeCodes(),
    narrate: (line: string) => void steps.push(line),
    run: 'tls',
  };
  await playStory(stage, await readOperator(join(home, 'operator.json')), home);
  expect(steps.length).toBeGreaterThan(20);
  // Nothing that one machine asked of the other was refused.
  for (const program of programs) expect(program.output()).not.toMatch(/is refused|certificate/);
});
