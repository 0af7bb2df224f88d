import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startable } from '../../../cli/start.js';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { makeHome } from '../../support/program.js';
import { type Machine, systemdMachine, unitText } from './systemdMachine.js';

const run = promisify(execFile);
const page = await readFile(join(packageRoot, 'deploy', 'README.md'), 'utf8');
const section = /\n## systemd\n([\s\S]*?)\n## /.exec(page)?.[1] ?? '';
/** What deploy/README.md has an operator type so that there is a configuration. */
const [, commands = ''] = /```sh\n([\s\S]*?)```/.exec(section) ?? [];
/** What it says that tollgate@.service can run. */
const single = startable.filter((name) => section.split('tollgate@.service')[1]?.includes(`\`${name}\``));

describe.each(['tollgate.service', 'tollgate@.service', 'tollgate-database.service'])('%s', (name) => {
  it('is a unit that systemd takes without a word', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tollgate-unit-'));
    try {
      const file = join(folder, name);
      const text = (await unitText(name))
        .replaceAll('/usr/bin/node', process.execPath)
        .replaceAll('/opt/tollgate', packageRoot);
      await writeFile(file, text.replaceAll(/^(User|Group)=tollgate$/gm, '$1=root'));
      const { stderr } = await run('systemd-analyze', ['verify', '--man=no', file.replace('@.', '@accounting.')]);
      expect(stderr.split('\n').filter((line) => line.includes('tollgate'))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('on a machine on which nothing was configured yet, as a user without rights', () => {
  let machine: Machine;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    const made = await makeHome();
    ({ remove } = made);
    machine = await systemdMachine(dirname(made.home));
  });
  afterEach(async () => {
    await machine.stopAll();
    await remove();
  });

  it('tollgate.service starts as deploy/README.md says, and ends by its stop signal with 0', async () => {
    await machine.type(commands);
    const unit = await machine.start('tollgate.service', '');
    await unit.waitFor(/Tollgate is ready/);
    expect(await unit.stop()).toBe(0);
  });

  it('tollgate.service without a configuration says how to make one, and is not tried again', async () => {
    const unit = await machine.start('tollgate.service', '');
    await expect(unit.waitFor(/Tollgate is ready/)).rejects.toThrow(
      /tollgate\.yaml is not there and cannot be written \(EACCES\); make it \("tollgate configuration init /,
    );
  });

  it('each service starts alone, by the same steps, beside tollgate-database.service, and ends with 0', async () => {
    expect(single).toEqual(startable.filter((name) => name !== 'database'));
    for (const name of startable) await machine.type(commands.replaceAll('tollgate.yaml', `${name}.yaml`));
    const database = await machine.start('tollgate-database.service', '');
    const units = await Promise.all(single.map((name) => machine.start('tollgate@.service', name)));
    await Promise.all([database, ...units].map((unit) => unit.waitFor(/Ready: /)));
    expect(await Promise.all(units.map((unit) => unit.stop()))).toEqual(units.map(() => 0));
    expect(await database.stop()).toBe(0);
  });
});
