import { mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceInfo } from '../../../cli/processes/installationInfo.js';
import { dataFolder } from '../../../platform/database/embedded/cluster.js';
import { peersOf } from '../../../platform/kernel/services.js';
import { makeHome, startProgram } from '../../support/program.js';

let home: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ home, remove } = await makeHome());
});
afterEach(async () => {
  await run(['stop', '--force']);
  await remove();
});

const run = async (words: readonly string[], environment: Record<string, string> = {}) => {
  const program = startProgram(words, { TOLLGATE_HOME: home, TOLLGATE_PORT: '0', ...environment });
  const { code } = await program.ended;
  return { code, output: program.output() };
};
const info = async () => {
  const { code, output } = await run(['info', '--json']);
  return { code, ...JSON.parse(output) };
};

describe('tollgate start --detach, info and stop', () => {
  it('start all in the background, say how it is, and end it', async () => {
    const started = await run(['start', '--detach', '--no-ui', '--verbosity', 'error']);
    expect(started.code, started.output).toBe(0);
    expect(started.output).toMatch(
      /Tollgate is ready[\s\S]*It runs in the background as process \d+, .*"tollgate stop" ends it\.\n$/,
    );
    expect(started.output).toMatch(/GraphiQL {4}off/);
    for (const untrue of ['/graphiql', 'open GraphiQL', 'Ctrl-C']) expect(started.output).not.toContain(untrue);
    expect(await readFile(join(home, 'run', 'output.log'), 'utf8')).toMatch(/\n"tollgate stop" ends it\.\n$/);
    const { code, processes, services, database } = await info();
    expect(code).toBe(0);
    expect(processes).toMatchObject([
      { configuration: join(home, 'tollgate.yaml'), logFile: null, version: expect.stringMatching(/^\d/) },
    ]);
    expect(services.map(({ name }: { name: string }) => name).sort()).toEqual([
      'access',
      'accounting',
      'compute',
      'gateway',
      'identity',
      'storage',
    ]);
    for (const service of services) {
      expect(service).toMatchObject({ pid: processes[0].pid, health: 'ready', port: expect.any(Number) });
      expect(service.database).toBe(service.name === 'gateway' ? null : 'embedded');
      expect(service.uptimeSeconds).toBeLessThanOrEqual(
        Math.ceil((Date.now() - Date.parse(processes[0].startedAt)) / 1_000),
      );
      // It is this service that listens there.
      const asked = await fetch(`http://127.0.0.1:${service.port}/health/ready`);
      expect(await asked.json()).toMatchObject({ status: 'ready', service: service.name });
    }
    const peersBy = Object.fromEntries(services.map(({ name, peers }: ServiceInfo) => [name, peers]));
    expect(peersBy).toEqual(
      Object.fromEntries(
        Object.entries(peersOf).map(([name, peers]) => [name, Object.fromEntries(peers.map((peer) => [peer, 'up']))]),
      ),
    );
    const gateway = services.find(({ name }: { name: string }) => name === 'gateway');
    expect(gateway).toMatchObject({ graphiql: false });
    const [pid, , , port] = (await readFile(join(dataFolder(home), 'postmaster.pid'), 'utf8')).split('\n');
    expect(database).toEqual({ pid: Number(pid), port: Number(port) });
    const table = (await run(['info'])).output;
    expect(table).toMatch(/gateway +\d+ +\d+ +\d+ s +- +ready/);
    expect(table).toMatch(/GraphiQL +off/);

    // A second start says who is there.
    const again = await run(['start', 'identity']);
    expect(again.code).toBe(1);
    expect(again.output).toContain(`already runs on ${home} as process ${processes[0].pid}`);

    const stopped = await run(['stop']);
    expect(stopped).toMatchObject({
      code: 0,
      output: expect.stringMatching(/Stopping process \d+ .*\nStopped process \d+/),
    });
    expect(await run(['info'])).toMatchObject({ code: 3, output: expect.stringContaining(`Nothing runs on ${home}.`) });
    expect(await run(['stop'])).toMatchObject({ code: 0, output: `Nothing runs on ${home}.\n` });
    expect((await readdir(join(home, 'run'))).filter((name) => /lock|process/.test(name))).toEqual([]);
  });

  it('end what was started by parts, the database last', async () => {
    for (const words of [['database'], ['identity']]) {
      expect((await run(['start', '--detach', ...words])).code).toBe(0);
    }
    expect((await info()).processes.map(({ runs }: { runs: string[] }) => runs)).toEqual([['database'], ['identity']]);
    const { code, output } = await run(['stop']);
    expect(code).toBe(0);
    expect(output.match(/Stopped process \d+ \((\w+)\)/g)?.map((text) => text.replace(/\d+/, 'N'))).toEqual([
      'Stopped process N (identity)',
      'Stopped process N (database)',
    ]);
  });

  it('tell which of the services that one calls are away, while it is ready', async () => {
    expect((await run(['start', '--detach', 'database', 'identity', 'storage'])).code).toBe(0);
    const { services } = await info();
    expect(services.find(({ name }: ServiceInfo) => name === 'storage')).toMatchObject({
      health: 'ready',
      peers: { identity: 'up', accounting: 'down' },
    });
    expect((await run(['info', '--ready'])).code).toBe(0);
    expect((await run(['info'])).output).toMatch(/^storage .* ready, accounting down$/m);
  });

  it('tell why it cannot start in the background, and leave nothing running', async () => {
    const { code, output } = await run(['start', '--detach', 'identity']);
    expect(code).toBe(75);
    expect(output).toMatch(/No database runs in/);
    expect((await info()).processes).toEqual([]);
  });

  it('stop --force kills what does not end, with its database server, and start --force takes its place', async () => {
    expect((await run(['start', '--detach', 'database'])).code).toBe(0);
    const [first] = (await info()).processes;
    process.kill(first.pid, 'SIGSTOP');
    const { code, output } = await run(['start', '--force', '--detach', 'database']);
    expect(code, output).toBe(0);
    expect(output).toMatch(/Killing process \d+ \(database\), which does not end by itself/);
    expect(output).toMatch(/Stopped the database server/);
    const [second] = (await info()).processes;
    expect(second.pid).not.toBe(first.pid);
  });

  it('tell of the database server that a killed process leaves', async () => {
    expect((await run(['start', '--detach', 'database'])).code).toBe(0);
    const before = await info();
    process.kill(before.processes[0].pid, 'SIGKILL');
    await expect.poll(async () => (await info()).processes, { timeout: 10_000 }).toEqual([]);
    const sentence = `A database server (process ${before.database.pid}) runs without a process of Tollgate.`;
    expect(await run(['info'])).toMatchObject({ code: 3, output: expect.stringContaining(sentence) });
    expect((await run(['stop'])).output).toContain(sentence);
    expect((await run(['stop', '--force'])).output).toContain('Stopped the database server');
    expect((await run(['stop'])).output).not.toContain('database server');
  });

  it('take a record of a process that is gone, or is another by now, for what it is', async () => {
    await mkdir(join(home, 'run'), { recursive: true });
    const record = {
      startedAt: new Date().toISOString(),
      version: '0',
      runs: ['gateway'],
      configuration: null,
      logFile: null,
      boot: (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim(),
      space: await readlink('/proc/self/ns/pid').catch(() => ''),
    };
    for (const [pid, mark] of [
      [process.pid, '1'],
      [2 ** 22 + 1, '1'],
    ]) {
      await writeFile(join(home, 'run', `process-${pid}.json`), JSON.stringify({ pid, mark, ...record }));
    }
    await writeFile(join(home, 'run', 'process-7.json'), 'half a rec');
    const elsewhere = { pid: process.pid, mark: '1', ...record, space: 'pid:[1]' };
    await writeFile(join(home, 'run', 'process-8.json'), JSON.stringify(elsewhere));
    await writeFile(join(home, 'run', 'process-9.json'), JSON.stringify({ ...elsewhere, boot: 'an earlier one' }));
    expect((await info()).processes).toEqual([]);
    // What another container runs is not this one's to judge.
    expect(await readdir(join(home, 'run'))).toEqual(['process-8.json']);
  });

  it('see what is starting, and leave it its database', async () => {
    const starting = startProgram(['start', 'database'], { TOLLGATE_HOME: home });
    await starting.waitFor(/Starting database/);
    const stop = run(['stop']);
    expect(await starting.ended).toEqual({ code: 0, signal: null });
    expect((await stop).output).not.toContain('nobody kept');
  });

  it('keep what the running one has written where a second one cannot start', async () => {
    expect((await run(['start', '--detach', 'database'])).code).toBe(0);
    const second = await run(['start', '--detach', 'database']);
    expect(second.code).toBe(1);
    expect(second.output).not.toContain('Ready: database');
    expect(await readFile(join(home, 'run', 'output.log'), 'utf8')).toContain('Ready: database');
  });
});

describe('a word that is nearly right', () => {
  it.each([
    [['strat'], /unknown command 'strat'[\s\S]*Did you mean start\?/],
    [['start', '--verbose', 'debug'], /unknown option '--verbose'[\s\S]*Did you mean --verbosity\?/],
    [['start', 'identty'], /'identty' is invalid[\s\S]*identity/],
    [['start', '--verbosity', 'loud'], /Allowed choices are silent, error, warn, info, debug/],
  ])('is answered with the near one: %j', async (words, message) => {
    const { code, output } = await run(words);
    expect(code).not.toBe(0);
    expect(output).toMatch(message);
  });
});

describe('an option of the command line', () => {
  it('goes over the environment and the file', async () => {
    await mkdir(home);
    await writeFile(join(home, 'tollgate.yaml'), 'logging:\n  level: loud\n');
    expect((await run(['start', 'database'])).output).toMatch(/logging\.level \(.*tollgate\.yaml:2\)/);
    expect(
      (await run(['start', '--detach', 'database', '--verbosity', 'silent'], { TOLLGATE_LOG_LEVEL: 'loud' })).code,
    ).toBe(0);
    expect(await readFile(join(home, 'run', 'output.log'), 'utf8')).toContain('Ready: database');
  });

  it.each([
    ['--ui', 'off', true],
    ['--no-ui', 'on', false],
  ])('decides whether GraphiQL is served: %s', async (option, variable, isServed) => {
    expect((await run(['start', '--detach', option, 'gateway'], { TOLLGATE_UI: variable })).code).toBe(0);
    const { services } = await info();
    expect(services).toMatchObject([{ name: 'gateway', graphiql: isServed }]);
    expect((await fetch(`${services[0].url}/graphiql`)).status).toBe(isServed ? 200 : 404);
  });
});
