import { randomUUID } from 'node:crypto';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query, succeed } from '../../cli/tour/graph.js';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import { readOperator } from '../../cli/tour/runningInstallation.js';
import type { Stage } from '../../cli/tour/stage.js';
import { accessRequested } from '../../cli/tour/steps/accessRequested.js';
import { operatorLogsIn } from '../../cli/tour/steps/operatorLogsIn.js';
import { userIdOf } from '../../cli/tour/steps/userIdOf.js';
import { ASSERTION_HEADER, signAssertion } from '../../platform/auth/assertion.js';
import { loadServiceKeys } from '../../platform/auth/serviceKeys.js';
import { serviceNames } from '../../platform/kernel/services.js';
import { startWholeGraph, type WholeGraph } from '../adversarial/support/wholeGraph.js';
import { freePort, makeHome, startProgram } from '../support/program.js';

/*
 * One authority goes and another comes, by the three steps of `tollgate init --new-authority`, each copied to the machine, while six
 * services with mutual TLS serve questions without a pause and a chain over all of them in every state. No process is started again.
 */
const HOST = '127.0.0.11';
const QUESTION = `{ viewer { user { username drives(first: 1) { nodes { id } } accounts(first: 1) { nodes { id } } } }
  offers(first: 1) { nodes { id } } clusters(first: 1) { nodes { id } } }`;

describe('another authority, while everything serves', () => {
  let center: string;
  let removeCenter: () => Promise<void>;
  let graph: WholeGraph;
  let stage: Stage;
  let token: string;
  let accountId: string;
  let before: { readonly ca: string; readonly cert: string; readonly key: string };
  const failures: unknown[] = [];
  let questions = 0;
  let isOver = false;
  let asking: Promise<void>;

  const run = async (...words: string[]): Promise<void> => {
    const program = startProgram(['init', '--output', center, ...words], {});
    expect((await program.ended).code, program.output()).toBe(0);
  };
  const machine = (...path: string[]): string => join(center, 'machines', HOST, ...path);
  const tlsFile = (name: string): Promise<string> => readFile(join(graph.home, 'tls', name), 'utf8');
  /** As an operator copies it; a look between two files of it takes nothing. */
  const copy = async (): Promise<void> => {
    await cp(machine('tls'), join(graph.home, 'tls'), { recursive: true });
    await graph.look();
  };
  const clientWith = (ca: string) => httpClient(graph.gatewayUrl, new Agent({ connect: { ca } }));
  const chain = async (name: string): Promise<void> => {
    const wish = { kind: 'STORAGE', quantity: '0.01', days: 30, name, accountId } as const;
    await accessRequested({ ...stage, run: name }, wish, token);
  };
  const asksWithout = async (): Promise<void> => {
    while (!isOver) {
      await query(stage, QUESTION, {}, token).catch((error: unknown) => failures.push(error));
      questions += 1;
      await pause(20);
    }
  };
  const several = async (): Promise<void> => {
    const from = questions;
    await expect.poll(() => questions).toBeGreaterThan(from + 3);
  };

  beforeAll(async () => {
    const made = await makeHome();
    center = made.home;
    removeCenter = made.remove;
    const ports = new Map<string, number>();
    for (const service of serviceNames) ports.set(service, await freePort());
    const hosts = serviceNames.map((service) => `${service}=${HOST}:${ports.get(service)}`);
    await run('--hosts', hosts.join(','));
    const variables: Record<string, string> = {
      TOLLGATE_HOST: HOST,
      TOLLGATE_PORT: String(ports.get('gateway')),
      TOLLGATE_URL: `https://${HOST}:${ports.get('gateway')}`,
    };
    for (const service of serviceNames) {
      if (service !== 'gateway') variables[`${service.toUpperCase()}_PORT`] = String(ports.get(service));
    }
    graph = await startWholeGraph(variables, (home) => cp(machine(), home, { recursive: true }));
    before = { ca: await tlsFile('ca.pem'), cert: await tlsFile('gateway.pem'), key: await tlsFile('gateway.key.pem') };
    stage = { client: clientWith(before.ca), codes: oneTimeCodes(), narrate: () => {}, run: 'authority' };
    token = await operatorLogsIn(stage, await readOperator(join(graph.home, 'operator.json')));
    const owner = { userId: await userIdOf(stage, token) };
    const input = { idempotencyKey: randomUUID(), owner, name: 'money', unit: 'CREDIT' };
    accountId = (await succeed<{ account: { id: string } }>(stage, 'openAccount', input, 'account { id }', token))
      .account.id;
    const amount = { amount: '10', unit: 'CREDIT' };
    const deposit = { idempotencyKey: randomUUID(), accountId, amount, description: 'money' };
    await succeed(stage, 'deposit', deposit, 'transfer { id }', token);
    asking = asksWithout();
  });
  afterAll(async () => {
    isOver = true;
    await asking;
    await graph.stop();
    await removeCenter();
  });

  /** What identity answers to the gateway's assertion on a new connection with the certificate of before. */
  const statusOfBefore = async (): Promise<number> => {
    const { cert, key } = before;
    const dispatcher = new Agent({ connect: { ca: await tlsFile('ca.pem'), cert, key } });
    const body = Buffer.from('{"query":"{ __typename }"}');
    const assertion = await signAssertion(await loadServiceKeys(graph.home, 'gateway'), {
      target: 'identity',
      method: 'POST',
      path: '/graphql',
      body,
      token: null,
      clientIp: '192.0.2.1',
      userAgent: '',
      requestId: randomUUID(),
    });
    const headers = { 'content-type': 'application/json', [ASSERTION_HEADER]: assertion };
    const url = `${graph.urlOf('identity')}/graphql`;
    const answer = await request(url, { dispatcher, method: 'POST', headers, body });
    await answer.body.dump();
    await dispatcher.close();
    return answer.statusCode;
  };
  const isServedWith = (ca: string): Promise<boolean> =>
    Promise.all(
      serviceNames.map(async (service) => {
        const dispatcher = new Agent({ connect: { ca } });
        const answer = await request(`${graph.urlOf(service)}/health/live`, { dispatcher }).catch(() => null);
        await answer?.body.dump();
        await dispatcher.close();
        return answer?.statusCode === 200;
      }),
    ).then((each) => {
      expect(new Set(each).size).toBe(1);
      return each[0] === true;
    });

  it('is trusted beside the present one first', async () => {
    await chain('present');
    await run('--new-authority', 'begin');
    await copy();
    stage = { ...stage, client: clientWith(await tlsFile('ca.pem')) };
    expect((await tlsFile('ca.pem')).match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(await isServedWith(before.ca)).toBe(true);
    await chain('begun');
    await several();
  });

  it('signs then, while certificates of before are still taken', async () => {
    await run('--new-authority', 'switch');
    await copy();
    expect(await isServedWith(before.ca)).toBe(false);
    expect(await statusOfBefore()).toBe(200);
    await chain('switched');
    await several();
  });

  it('is trusted alone in the end, and what was signed before is refused', async () => {
    await run('--new-authority', 'end');
    await copy();
    const ca = await tlsFile('ca.pem');
    expect(ca).not.toContain(before.ca);
    expect(await isServedWith(ca)).toBe(true);
    expect(await statusOfBefore()).toBe(401);
    stage = { ...stage, client: clientWith(ca) };
    await chain('ended');
    await several();
  });

  it('came without one failed question', () => {
    expect(failures).toEqual([]);
    expect(questions).toBeGreaterThan(9);
  });
});
