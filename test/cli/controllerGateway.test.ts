import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isNotThereYet } from '../../cli/notThereYet.js';
import type { InstallationInfo } from '../../cli/processes/installationInfo.js';
import { waitForGateway } from '../../cli/waitForGateway.js';
import { makeLogger } from '../../platform/server/log.js';
import { makePrivateAuthority } from '../support/privateAuthority.js';
import { freePort, makeHome, startProgram } from '../support/program.js';

let home: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ home, remove } = await makeHome());
});
afterEach(async () => {
  await startProgram(['stop', '--force'], { TOLLGATE_HOME: home }).ended;
  await remove();
});

const begin = (words: readonly string[], environment: Record<string, string> = {}) =>
  startProgram(words, { TOLLGATE_HOME: home, TOLLGATE_PORT: '0', TOLLGATE_LOCAL_ISOLATION: 'none', ...environment });
const run = async (words: readonly string[], environment: Record<string, string> = {}): Promise<string> => {
  const program = begin(words, environment);
  expect((await program.ended).code, program.output()).toBe(0);
  return program.output();
};
const info = async (): Promise<InstallationInfo> => JSON.parse(await run(['info', '--json'])) as InstallationInfo;
const gatewayOf = async (): Promise<string | null | undefined> =>
  (await info()).services.find(({ name }) => name === 'gateway')?.url;

describe('a controller that is started as a part', () => {
  it('waits for the gateway on the data folder, says so, follows it to another port, and has its row in info', async () => {
    await run(['start', '--detach', 'database', 'identity', 'compute', 'accounting', 'storage']);
    const logFile = join(dirname(home), 'controller.log');
    const controller = begin(['start', 'controller'], { TOLLGATE_LOG_FILE: logFile });
    const logged = () => readFile(logFile, 'utf8').catch(() => '');
    await expect
      .poll(logged, { timeout: 60_000 })
      .toMatch(/"msg":"the controller waits for a gateway to run on the data folder/);
    expect(controller.output()).not.toContain('Ready');
    await run(['start', '--detach', 'gateway']);
    await controller.waitFor(/Ready: controller/);
    const first = await gatewayOf();
    await expect
      .poll(async () => (await info()).controller, { timeout: 60_000 })
      .toMatchObject({ gateway: first, health: 'ready' });
    const row = (await info()).controller;
    expect(row?.uptimeSeconds).toBeGreaterThanOrEqual(0);
    expect(await readFile(`/proc/${row?.pid}/cmdline`, 'utf8')).toContain('controllers/local/main.js');
    expect(await run(['info'])).toMatch(new RegExp(`^controller +${row?.pid} +- +\\d+ s +- +ready$`, 'm'));
    // Its own lines are the log's, too: standard error has none.
    await expect.poll(logged, { timeout: 60_000 }).toMatch(/"service":"controller".*Jobs are NOT isolated here/);
    for (const line of (await logged()).trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('service');
    expect(controller.errorOutput()).toBe('');

    const gateway = (await info()).processes.find(({ runs }) => runs.includes('gateway'));
    process.kill(gateway?.pid ?? 0, 'SIGTERM');
    await expect
      .poll(async () => (await info()).controller?.health, { timeout: 60_000 })
      .toMatch(/^not ready: (http:\S+ does not answer|The gateway)/i);
    const port = String(await freePort());
    await run(['start', '--detach', 'gateway'], { TOLLGATE_PORT: port });
    await expect
      .poll(async () => (await info()).controller, { timeout: 60_000 })
      .toMatchObject({ gateway: `http://127.0.0.1:${port}`, health: 'ready', pid: row?.pid });
    expect(await controller.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect((await info()).controller).toBeNull();
  });

  it('calls a gateway with TLS by the authority of the data folder', async () => {
    const authority = await makePrivateAuthority();
    await mkdir(join(home, 'tls'), { recursive: true });
    const { certificateFile, keyFile, caFile } = await authority.issue('gateway');
    await copyFile(certificateFile, join(home, 'tls', 'gateway.pem'));
    await copyFile(keyFile, join(home, 'tls', 'gateway.key.pem'));
    await copyFile(caFile, join(home, 'tls', 'ca.pem'));
    await run(['start', '--detach', 'gateway']);
    expect(await gatewayOf()).toMatch(/^https:/);
    await mkdir(join(home, 'controllers'));
    const credentials = { clientId: 'svc_1', clientSecret: 'none', clusterId: 'clu_1' };
    await writeFile(join(home, 'controllers', 'local.json'), JSON.stringify(credentials), { mode: 0o600 });
    await run(['start', '--detach', 'controller']);
    // There is no identity: that the gateway says so is an answer of the gateway, over TLS.
    await expect
      .poll(async () => (await info()).controller, { timeout: 60_000 })
      .toMatchObject({ gateway: await gatewayOf(), health: expect.stringMatching(/^not ready: .*identity/i) });
    await authority.remove();
  });

  it('takes the address that is set', async () => {
    const elsewhere = `http://127.0.0.1:${await freePort()}`;
    await run(['start', '--detach', 'gateway']);
    await run(['start', '--detach', 'controller'], { TOLLGATE_URL: elsewhere });
    await expect.poll(async () => (await info()).controller?.gateway, { timeout: 60_000 }).toBe(elsewhere);
  });
});

it('where no gateway comes it ends, with how it is found, to be tried again', async () => {
  const wait = waitForGateway(home, { log: makeLogger('test', 'silent'), atMostMs: 200 });
  await expect(wait).rejects.toThrow(
    `The controller found no gateway on ${home} in a minute; start it there ("tollgate start gateway"), or say where it is: TOLLGATE_URL.`,
  );
  expect(isNotThereYet(await wait.catch((error: unknown) => error))).toBe(true);
});

it('a signal ends the wait for a gateway at once, and leaves nothing', async () => {
  const controller = begin(['start', 'controller']);
  await controller.waitFor(/the controller waits for a gateway/);
  expect(await controller.end('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(controller.output()).toContain('Stopped before it was ready.');
  expect((await readdir(join(home, 'run'))).filter((name) => /^process-/.test(name))).toEqual([]);
});
