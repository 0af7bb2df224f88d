import { cp, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { gatewayTrust } from '../../cli/gatewayTrust.js';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import { readOperator } from '../../cli/tour/runningInstallation.js';
import { playStory } from '../../cli/tour/story.js';
import { ASSERTION_HEADER, signAssertion } from '../../platform/auth/assertion.js';
import { loadServiceKeys } from '../../platform/auth/serviceKeys.js';
import { freePort, makeHome, type Program, startProgram } from '../support/program.js';

/** Two addresses of loopback stand for two machines, each with services, a database and a data folder of its own. */
const FIRST = '127.0.0.2';
const SECOND = '127.0.0.3';

let folder: string;
let remove: () => Promise<void>;
let gatewayUrl: string;
let identityUrl: string;
const programs: Program[] = [];

beforeAll(async () => {
  const made = await makeHome();
  remove = made.remove;
  folder = dirname(made.home);
  const places: string[] = [];
  const identityPort = await freePort();
  identityUrl = `https://${FIRST}:${identityPort}`;
  places.push(`identity=${FIRST}:${identityPort}`);
  for (const service of ['compute', 'access']) places.push(`${service}=${FIRST}:${await freePort()}`);
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

it.each([
  ['/graphql', '{"query":"{ viewer { scopes } }"}', {}],
  ['/oauth/token', 'grant_type=refresh_token', { 'content-type': 'application/x-www-form-urlencoded' }],
])(
  "a service's signing key alone opens nothing at %s: its certificate is needed, and no other's will do",
  async (path, body, headers) => {
    const keys = await loadServiceKeys(join(folder, SECOND), 'gateway');
    const pem = (file: string): Promise<string> => readFile(join(folder, SECOND, 'tls', file), 'utf8');
    const ca = await pem('ca.pem');
    const call = async (certificate: { cert?: string; key?: string }): Promise<number> => {
      const agent = new Agent({ connect: { ca, ...certificate } });
      const content = Buffer.from(body);
      const assertion = await signAssertion(keys, {
        target: 'identity',
        method: 'POST',
        path,
        body: content,
        token: null,
        clientIp: '192.0.2.1',
        userAgent: '',
        requestId: 'x',
      });
      const answer = await request(new URL(path, identityUrl), {
        dispatcher: agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers, [ASSERTION_HEADER]: assertion },
        body: content,
      });
      await answer.body.dump();
      await agent.close();
      return answer.statusCode;
    };
    const of = async (service: string) => ({ cert: await pem(`${service}.pem`), key: await pem(`${service}.key.pem`) });
    expect(await call({})).toBe(401);
    expect(await call(await of('storage'))).toBe(401);
    expect(await call(await of('gateway'))).not.toBe(401);
    await programs[1]?.waitFor(/A call in the name of gateway is refused: its certificate is that of storage\./);
  },
);
