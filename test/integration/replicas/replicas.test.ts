import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, succeed } from '../../../cli/tour/graph.js';
import { httpClient } from '../../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../../cli/tour/oneTimeCodes.js';
import type { Stage } from '../../../cli/tour/stage.js';
import { type OperatorCredentials, operatorLogsIn } from '../../../cli/tour/steps/operatorLogsIn.js';
import { researcherRegisters } from '../../../cli/tour/steps/researcherRegisters.js';
import { serviceNames, subgraphNames } from '../../../platform/kernel/services.js';
import { ofKind } from '../../deploy/support/manifests.js';
import { assertInvariants } from '../../invariants/assertInvariants.js';
import { logIn } from '../../support/logIn.js';
import { pgSessions } from '../../support/pgSession.js';
import { makeNextVersion } from './nextVersion.js';
import { patientClient } from './patientClient.js';
import { machines } from './serviceFolders.js';
import { openStand, type Stand } from './stand.js';
import { type Customer, startTraffic } from './traffic.js';

const SETTLED_SECONDS_MAX = 60;

let stand: Stand;
let stage: Stage;
let customer: Customer;
beforeAll(async () => {
  stand = await openStand();
  await Promise.all(serviceNames.map((service) => stand.start(service, 'a')));
  const client = httpClient(stand.gatewayUrl, stand.dispatcher);
  stage = { client, codes: oneTimeCodes(), narrate: () => undefined, run: 'replicas' };
});
afterAll(() => stand?.stop());

/** Twelve restarts take their time; a slow machine gets more. */
const MS_MAX = 600_000;

describe('six processes with configurations of their own', { timeout: MS_MAX }, () => {
  it('play the whole story, with half of the addresses they know answering', async () => {
    await stand.startController();
    const { code, output } = await stand.tour();
    expect(output).toContain('every step went as expected');
    expect(code).toBe(0);
  });

  it('answer the probes of their Kubernetes manifests', async () => {
    for (const { metadata, spec } of ofKind('Deployment')) {
      const service = serviceNames.find((name) => name === metadata.name);
      if (service === undefined) throw new Error(`deploy/kubernetes has ${metadata.name}, which is no service.`);
      const paths = [...JSON.stringify(spec).matchAll(/"httpGet":\{"path":"([^"]+)"/g)].map(([, path = '']) => path);
      expect(paths).toHaveLength(3);
      for (const path of paths) expect(await stand.statusOf(service, 'a', path), `${service}${path}`).toBe(200);
    }
  });

  it('are restarted one after the other, with two of each, without one failed request', async () => {
    await Promise.all(serviceNames.map((service) => stand.start(service, 'b')));
    customer = await newCustomer('replicas');
    const traffic = startTraffic({ stage, asking: stage, sessions: true }, customer);
    for (const service of serviceNames) {
      for (const machine of machines) {
        await stand.end(service, machine);
        await stand.start(service, machine);
      }
    }
    await traffic.stop();
    expect(traffic.failures).toEqual([]);
    for (const name of ['chain', 'payment', 'reservation', 'question', 'refresh']) {
      expect(traffic.done.get(name), name).toBeGreaterThan(serviceNames.length);
    }
    await atRest();
  });

  it('answer every question, and each change that is sent again, while a replica of each is killed', async () => {
    const patient = { ...stage, client: patientClient(stage.client) };
    const traffic = startTraffic({ stage: patient, asking: stage, sessions: false }, customer);
    for (const service of subgraphNames) {
      await stand.kill(service, 'a');
      await stand.start(service, 'a');
    }
    await traffic.stop();
    expect(traffic.failures).toEqual([]);
    await atRest();
  });

  it('are brought to a newer version, which adds to every table, without one failed request', async () => {
    const root = await makeNextVersion(stand.folder);
    const traffic = startTraffic({ stage, asking: stage, sessions: true }, await newCustomer('newer'));
    for (const service of serviceNames) {
      for (const machine of machines) {
        await stand.end(service, machine);
        await stand.start(service, machine, root);
      }
    }
    await traffic.stop();
    expect(traffic.failures).toEqual([]);
    await atRest();
    await stand.end('accounting', 'a');
    await expect(stand.start('accounting', 'a')).rejects.toThrow(/which this program .* does not know/);
  });
});

/** Every chain has ended, and the whole is as it must be. */
async function atRest(): Promise<void> {
  await eventually(SETTLED_SECONDS_MAX, 'A chain has not ended.', async () =>
    (await openChains()) === 0 ? true : null,
  );
  await assertInvariants({
    access: stand.ownerUrl('access'),
    accounting: stand.ownerUrl('accounting'),
    storage: stand.ownerUrl('storage'),
    compute: stand.ownerUrl('compute'),
  });
}

async function openChains(): Promise<number> {
  const sessions = pgSessions(stand.ownerUrl('access'));
  try {
    return (await sessions.sql.$queryRawUnsafe<unknown[]>('SELECT id FROM saga_run')).length;
  } finally {
    await sessions.end();
  }
}

/** A person with four accounts, and money on them. */
async function newCustomer(run: string): Promise<Customer> {
  const file = await readFile(join(stand.operatorHome, 'operator.json'), 'utf8');
  const operator = await operatorLogsIn(stage, JSON.parse(file) as OperatorCredentials);
  const researcher = await researcherRegisters({ ...stage, run });
  const { accessToken: token, refreshToken } = await logIn(stage, researcher);
  const accountOf = async (name: string): Promise<string> => {
    const { account } = await succeed<{ account: { id: string } }>(
      stage,
      'openAccount',
      { idempotencyKey: `account-${run}-${name}`, owner: { userId: researcher.userId }, name, unit: 'CREDIT' },
      'account { id }',
      token,
    );
    const amount = { amount: '1000', unit: 'CREDIT' };
    const input = { idempotencyKey: `deposit-${run}-${name}`, accountId: account.id, amount, description: 'Traffic' };
    await succeed(stage, 'deposit', input, 'transfer { id }', operator);
    return account.id;
  };
  return {
    token,
    refreshToken,
    chainAccountIds: [await accountOf('chain 1'), await accountOf('chain 2')],
    paymentAccountIds: [await accountOf('payment 1'), await accountOf('payment 2')],
  };
}
