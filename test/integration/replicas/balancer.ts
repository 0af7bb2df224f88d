import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import type { KeyPair } from '../support/certificates.js';
import { machines, type Places, placeOf } from './serviceFolders.js';

/** Ports that nginx listens on, by the name that stands before .example.org. */
export type PublicPorts = Readonly<Record<'tollgate' | 'files' | 'usage', number>>;

/** nginx in front of all replicas. */
export interface Balancer {
  stop(): Promise<void>;
}

/** Starts Debian's nginx with deploy/nginx/replicas.conf as it is, but for addresses and certificate. */
export async function startBalancer(options: {
  readonly folder: string;
  readonly places: Places;
  readonly publicPorts: PublicPorts;
  readonly pair: KeyPair;
  /** The certificate of the services' authority. */
  readonly authorityFile: string;
  /** How clients trust it. */
  readonly dispatcher: Dispatcher;
}): Promise<Balancer> {
  const { publicPorts, dispatcher } = options;
  const folder = join(options.folder, 'nginx');
  await mkdir(folder);
  const file = join(folder, 'nginx.conf');
  await writeFile(file, await configuration(folder, options));
  const nginx = spawn('/usr/sbin/nginx', ['-c', file, '-p', folder], { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = once(nginx, 'exit');
  for (;;) {
    const answer = await request(`https://localhost:${publicPorts.tollgate}/health/live`, { dispatcher }).catch(
      () => null,
    );
    await answer?.body.dump();
    if (answer !== null) break;
    if (nginx.exitCode !== null) throw new Error('nginx did not start.');
    await delay(50);
  }
  return {
    async stop() {
      nginx.kill('SIGQUIT');
      await ended;
    },
  };
}

async function configuration(
  folder: string,
  { places, publicPorts, pair, authorityFile }: Parameters<typeof startBalancer>[0],
): Promise<string> {
  let text = await readFile(join(packageRoot, 'deploy', 'nginx', 'replicas.conf'), 'utf8');
  const put = (before: string, after: string): void => {
    if (!text.includes(before)) throw new Error(`deploy/nginx/replicas.conf has no ${before}`);
    text = text.replaceAll(before, after);
  };
  put('/etc/ssl/tollgate/fullchain.pem', pair.certificateFile);
  put('/etc/ssl/tollgate/key.pem', pair.keyFile);
  put('/etc/ssl/tollgate/ca.pem', authorityFile);
  for (const [service, port] of [
    ['gateway', 4000],
    ['accounting', 4002],
    ['storage', 4003],
  ] as const) {
    for (const machine of machines) {
      put(`${service}-${machine}.example.org:${port}`, placeOf(places, service, machine));
    }
  }
  for (const name of ['tollgate', 'files', 'usage'] as const) {
    const listen = `listen 443 ssl;\n    server_name ${name}.example.org;`;
    put(listen, `listen 127.0.0.1:${publicPorts[name]} ssl;\n    server_name localhost;`);
  }
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  return `daemon off;
pid ${join(folder, 'nginx.pid')};
error_log ${join(folder, 'error.log')} warn;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
events { }
http {
  access_log off;
  ${temporary.join('\n  ')}
  ${text}
}
`;
}
