import { randomUUID } from 'node:crypto';
import { cp, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Agent, type Dispatcher, request } from 'undici';
import { ASSERTION_HEADER, signAssertion } from '../../../platform/auth/assertion.js';
import { loadServiceKeys, type ServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { type ServiceName, type SubgraphName, serviceNames } from '../../../platform/kernel/services.js';
import type { CertificateFiles } from '../../../platform/tls/certificateFiles.js';
import { freePort, makeHome, startProgram } from '../../support/program.js';

/** Who a call says it is of, and with whose key that is signed. */
export interface Signer {
  readonly named: ServiceName;
  readonly by: ServiceName;
}

/** A call by somebody who has the certificate and key of one service, or of none, and may have another's assertion. */
export interface ForgedCall {
  /** null: none is shown; 'foreign': one in the service's name that another installation's authority signed. */
  readonly certificate: ServiceName | { readonly foreign: ServiceName } | null;
  /** null: no assertion. */
  readonly assertion: Signer | null;
  readonly at: SubgraphName;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: Buffer | null;
}

/** All six services with TLS, as `tollgate init` makes them. */
export interface TlsMachines {
  call(forged: ForgedCall): Promise<{ readonly status: number; readonly text: string }>;
  /** What a thief of a service's certificate has. */
  filesOf(service: ServiceName): CertificateFiles;
  stop(): Promise<void>;
}

const HOST = '127.0.0.8';

/** Starts them, all on one machine: what each has stands in files of its own. */
export async function startTlsMachines(): Promise<TlsMachines> {
  const { home, remove } = await makeHome();
  const folder = dirname(home);
  const ports = new Map<ServiceName, number>();
  for (const service of serviceNames) ports.set(service, await freePort());
  const hosts = serviceNames.map((service) => `${service}=${HOST}:${ports.get(service)}`).join(',');
  const make = async (output: string): Promise<string> => {
    const init = startProgram(['init', '--output', join(folder, output), '--hosts', hosts], {});
    if ((await init.ended).code !== 0) throw new Error(init.output());
    return join(folder, output, 'machines', HOST);
  };
  const foreign = await make('another');
  await cp(await make('center'), home, { recursive: true });
  const program = startProgram(['start', 'database', ...serviceNames], { TOLLGATE_HOME: home });
  await program.waitFor(/Ready: database/);

  const keys = new Map<ServiceName, ServiceKeys>();
  for (const service of serviceNames) keys.set(service, await loadServiceKeys(home, service));
  const ca = await readFile(join(home, 'tls', 'ca.pem'), 'utf8');
  const agents = new Map<string, Dispatcher>();
  const agentOf = async (certificate: ForgedCall['certificate']): Promise<Dispatcher> => {
    const name = JSON.stringify(certificate);
    const known = agents.get(name);
    if (known !== undefined) return known;
    const agent = new Agent({ connect: { ca, ...(await shown(certificate)) } });
    agents.set(name, agent);
    return agent;
  };
  const shown = async (certificate: ForgedCall['certificate']) => {
    if (certificate === null) return {};
    const [where, service] = typeof certificate === 'string' ? [home, certificate] : [foreign, certificate.foreign];
    const file = (name: string): Promise<string> => readFile(join(where, 'tls', name), 'utf8');
    return { cert: await file(`${service}.pem`), key: await file(`${service}.key.pem`) };
  };
  const sign = async ({ assertion, at, method, path, body }: ForgedCall): Promise<Record<string, string>> => {
    if (assertion === null) return {};
    const own = keys.get(assertion.by);
    if (own === undefined) throw new Error(`no keys of ${assertion.by}`);
    const call = { target: at, method, path, body: body ?? Buffer.alloc(0), token: null, clientIp: '192.0.2.1' };
    const signed = signAssertion(
      { ...own, service: assertion.named },
      { ...call, userAgent: '', requestId: randomUUID() },
    );
    return { [ASSERTION_HEADER]: await signed };
  };

  return {
    filesOf: (service) => ({
      certificateFile: join(home, 'tls', `${service}.pem`),
      keyFile: join(home, 'tls', `${service}.key.pem`),
      caFile: join(home, 'tls', 'ca.pem'),
    }),
    async call(forged) {
      const { at, method, path, body, certificate } = forged;
      const answer = await request(`https://${HOST}:${ports.get(at)}${path}`, {
        dispatcher: await agentOf(certificate),
        method,
        headers: { 'content-type': 'application/json', ...(await sign(forged)) },
        body,
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    },
    async stop() {
      await Promise.all([...agents.values()].map((agent) => agent.close()));
      await program.end('SIGTERM');
      await remove();
    },
  };
}
