import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpClient } from '../../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../../cli/tour/oneTimeCodes.js';
import { researcherRegisters } from '../../../cli/tour/steps/researcherRegisters.js';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { freePort, makeHome, type Program, startProgram } from '../../support/program.js';
import { certificate, makeAuthority } from '../support/certificates.js';

const deployed = join(packageRoot, 'deploy');

let remove: () => Promise<void>;
let home: string;
let ca: string;
let program: Program;
let nginx: ChildProcess;
let ports: Record<'tollgate' | 'files' | 'usage' | 'gateway' | 'storage' | 'accounting', number>;

/** The configuration file of deploy/README.md with this test's ports and names. */
async function configuration(): Promise<string> {
  const text = await readFile(join(deployed, 'README.md'), 'utf8');
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
  return yaml
    .replace('port: 4000', `port: ${ports.gateway}`)
    .replace('port: 4002', `port: ${ports.accounting}`)
    .replace('port: 4003', `port: ${ports.storage}`)
    .replaceAll(/https:\/\/(tollgate|usage|files)\.example\.org/g, (_, name: keyof typeof ports) => url(name));
}

const url = (name: keyof typeof ports): string => `https://localhost:${ports[name]}`;

/** deploy/nginx/tollgate.conf as it is, but for ports, certificate and the one name that a test has. */
async function nginxConfiguration(folder: string, pair: { keyFile: string; certificateFile: string }): Promise<string> {
  const text = await readFile(join(deployed, 'nginx', 'tollgate.conf'), 'utf8');
  const names = ['tollgate', 'files', 'usage'] as const;
  let server = -1;
  const servers = text
    .replace('/etc/ssl/tollgate/fullchain.pem', pair.certificateFile)
    .replace('/etc/ssl/tollgate/key.pem', pair.keyFile)
    .replaceAll(/listen 443 ssl;\n\s+server_name (\w+)\.example\.org;/g, (_, name: string) => {
      server += 1;
      expect(name).toBe(names[server]);
      return `listen 127.0.0.1:${ports[names[server] ?? 'tollgate']} ssl; server_name localhost;`;
    })
    .replaceAll('127.0.0.1:4000', `127.0.0.1:${ports.gateway}`)
    .replaceAll('127.0.0.1:4002', `127.0.0.1:${ports.accounting}`)
    .replaceAll('127.0.0.1:4003', `127.0.0.1:${ports.storage}`);
  expect(server).toBe(2);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  return `daemon off;
pid ${join(folder, 'nginx.pid')};
error_log stderr warn;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
events { }
http {
  access_log off;
  ${temporary.join('\n  ')}
  ${servers}
}
`;
}

beforeAll(async () => {
  ({ home, remove } = await makeHome());
  const folder = join(dirname(home), 'nginx');
  await mkdir(folder);
  const names = ['tollgate', 'files', 'usage', 'gateway', 'storage', 'accounting'];
  ports = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()]))) as typeof ports;
  const authority = await makeAuthority(join(folder, 'ca'));
  ca = authority.certificateFile;
  const file = join(folder, 'nginx.conf');
  await writeFile(
    file,
    await nginxConfiguration(folder, await certificate(authority, join(folder, 'server'), 'valid')),
  );
  const settings = join(dirname(home), 'tollgate.yaml');
  await writeFile(settings, await configuration(), { mode: 0o600 });
  program = startProgram(['start', '--config', settings], { TOLLGATE_HOME: home, NODE_EXTRA_CA_CERTS: ca });
  await program.waitFor(/Tollgate is ready/);
  nginx = spawn('/usr/sbin/nginx', ['-c', file, '-p', folder], { stdio: ['ignore', 'inherit', 'inherit'] });
  while ((await statusOf(`${url('tollgate')}/health/ready`)) !== 200) await delay(50);
});
afterAll(async () => {
  const ended = once(nginx, 'exit');
  nginx.kill('SIGQUIT');
  await ended;
  await program.end('SIGTERM');
  await remove();
});

async function statusOf(address: string): Promise<number> {
  const authority = await readFile(ca);
  return new Promise((resolve) => {
    get(address, { ca: authority }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    }).on('error', () => resolve(0));
  });
}

it('the whole story is played through nginx with TLS, files and all', async () => {
  const tour = spawn(process.execPath, [join(packageRoot, 'dist', 'cli', 'tour', 'main.js')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      TOLLGATE_HOME: home,
      TOLLGATE_URL: url('tollgate'),
      NODE_EXTRA_CA_CERTS: ca,
    },
  });
  let output = '';
  for (const stream of [tour.stdout, tour.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const [code] = await once(tour, 'close');
  expect(code, output).toBe(0);
  expect(output).toContain('every step went as expected');
});

it('calls between services cannot be made through it', async () => {
  for (const name of ['files', 'usage'] as const) expect(await statusOf(`${url(name)}/graphql`)).toBe(404);
});

it('the client’s address is that of its connection, whatever it writes into X-Forwarded-For itself', async () => {
  const trust = { ca: await readFile(ca, 'utf8') };
  const near = new Agent({ connect: trust });
  const client = new Agent({ connect: trust, localAddress: '127.0.0.2' });
  const stage = {
    client: httpClient(url('tollgate'), near),
    codes: oneTimeCodes(),
    narrate: () => undefined,
    run: 'nginx',
  };
  const { username, password, totpSecret } = await researcherRegisters(stage);
  const input = { username, password, code: await stage.codes.next(totpSecret, stage.narrate) };
  const query = 'mutation ($input: LogInInput!) { logIn(input: $input) { session { ipAddress } refusal { code } } }';
  const { body } = await request(`${url('tollgate')}/graphql`, {
    method: 'POST',
    dispatcher: client,
    headers: { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9' },
    body: JSON.stringify({ query, variables: { input } }),
  });
  expect(await body.json()).toEqual({ data: { logIn: { session: { ipAddress: '127.0.0.2' }, refusal: null } } });
  await Promise.all([near.close(), client.close()]);
});
