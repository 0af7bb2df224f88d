import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { makeHome } from '../support/program.js';

let home: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ home, remove } = await makeHome());
  await mkdir(home);
  const operator = { username: 'operator', password: 'never', totpSecret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' };
  await writeFile(join(home, 'operator.json'), JSON.stringify(operator));
});
afterEach(() => remove());

const tour = (): Promise<string> =>
  new Promise((resolve) => {
    const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'], TOLLGATE_HOME: home };
    const program = join(packageRoot, 'dist', 'cli', 'tour', 'main.js');
    execFile(process.execPath, [program], { env: environment }, (_error, _stdout, stderr) => resolve(stderr));
  });

it('the tour finds the gateway by the configuration where none runs on the data folder', async () => {
  expect(await tour()).toContain(`No gateway runs on ${home}.`);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end('{}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await writeFile(join(home, 'tollgate.yaml'), `gateway:\n  url: http://127.0.0.1:${port}\n`, { mode: 0o600 });
  await tour();
  server.close();
  expect(asked).toContain('/graphql');
});
