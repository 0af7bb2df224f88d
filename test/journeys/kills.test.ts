import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, eventually } from '../../cli/tour/graph.js';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import type { Stage } from '../../cli/tour/stage.js';
import { accountOpened } from '../../cli/tour/steps/accountOpened.js';
import { moneyDeposited } from '../../cli/tour/steps/moneyDeposited.js';
import { type OperatorCredentials, operatorLogsIn } from '../../cli/tour/steps/operatorLogsIn.js';
import { researcherLogsIn } from '../../cli/tour/steps/researcherLogsIn.js';
import { researcherRegisters } from '../../cli/tour/steps/researcherRegisters.js';
import { type ServiceName, serviceNames } from '../../platform/kernel/services.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { assertInvariants } from '../invariants/assertInvariants.js';
import { ownerUrlsOf } from '../support/ownerUrls.js';
import { freePort, makeHome, type Program, startProgram } from '../support/program.js';

/** Which process dies where. Its fault point lies behind a commit: the work is done and the answer is lost. */
const kills: readonly {
  readonly victim: ServiceName;
  readonly point: string;
  readonly offer: 'STORAGE' | 'COMPUTE';
}[] = [
  { victim: 'identity', point: 'identity.exchangeToken.afterCommit', offer: 'STORAGE' },
  { victim: 'accounting', point: 'accounting.openEscrow.afterCommit', offer: 'STORAGE' },
  { victim: 'accounting', point: 'accounting.captureHold.afterCommit', offer: 'STORAGE' },
  { victim: 'storage', point: 'storage.provisionDrive.afterCommit', offer: 'STORAGE' },
  { victim: 'compute', point: 'compute.provisionAllocation.afterCommit', offer: 'COMPUTE' },
  { victim: 'access', point: 'access.requestAccess.openEscrow.after', offer: 'STORAGE' },
  { victim: 'access', point: 'access.requestAccess.captureHold.after', offer: 'COMPUTE' },
];

// One instant for all calls: a repetition must not differ from its first call.
const endsAt = new Date(Date.now() + 30 * 86_400_000).toISOString();

interface Outcome {
  readonly accessRequest: { readonly id: string; readonly status: string } | null;
}

describe('six processes on one embedded server', () => {
  let home: string;
  let remove: () => Promise<void>;
  let environment: Record<string, string>;
  let database: Program;
  let stage: Stage;
  let token: string;
  let accountId: string;
  const running = new Map<ServiceName, Program>();

  const start = async (service: ServiceName, faults = ''): Promise<Program> => {
    const program = startProgram(['start', service], { ...environment, TOLLGATE_FAULTS: faults });
    running.set(service, program);
    await program.waitFor(new RegExp(`Ready: ${service}`));
    return program;
  };
  const restart = async (service: ServiceName, faults: string): Promise<Program> => {
    await running.get(service)?.end('SIGTERM');
    return start(service, faults);
  };

  beforeAll(async () => {
    ({ home, remove } = await makeHome());
    const port = await freePort();
    environment = { TOLLGATE_HOME: home, TOLLGATE_PORT: String(port) };
    database = startProgram(['start', 'database'], environment);
    await database.waitFor(/Ready: database/);
    await Promise.all(serviceNames.map((service) => start(service)));
    stage = { client: httpClient(`http://127.0.0.1:${port}`), codes: oneTimeCodes(), narrate: () => {}, run: 'kills' };
    const operator = JSON.parse(await readFile(join(home, 'operator.json'), 'utf8')) as OperatorCredentials;
    const operatorToken = await operatorLogsIn(stage, operator);
    const researcher = await researcherRegisters(stage);
    token = await researcherLogsIn(stage, researcher);
    accountId = await accountOpened(stage, researcher.username, researcher.userId, token);
    await moneyDeposited(stage, accountId, '1000', operatorToken);
  });
  afterAll(async () => {
    await Promise.all([...running.values()].map((program) => program.end('SIGTERM')));
    await database.end('SIGTERM');
    await remove();
  });

  /** One call of requestAccess; null where no answer came, or one that tells nothing. */
  const ask = async (key: string, offer: 'STORAGE' | 'COMPUTE'): Promise<Outcome | null> => {
    const input = {
      idempotencyKey: key,
      offerId: offer === 'STORAGE' ? wellKnown.offerStorage : wellKnown.offerCompute,
      quantity: '2',
      endsAt,
      accountId,
      name: key,
    };
    return attempt<Outcome>(stage, 'requestAccess', input, 'accessRequest { id status }', token).catch(() => null);
  };

  /** A person's retries with the same key, until the request has ended one way or the other. */
  const settle = (key: string, offer: 'STORAGE' | 'COMPUTE'): Promise<string> =>
    eventually(60, `The request ${key} neither ended ACTIVE nor FAILED.`, async () => {
      const outcome = await ask(key, offer);
      const status = outcome?.accessRequest?.status;
      return status === 'ACTIVE' || status === 'FAILED' ? status : null;
    });

  it.each(kills)('ends completed or undone when $victim dies at $point', async ({ victim, point, offer }) => {
    const program = await restart(victim, `${point}=kill`);
    const interrupted = ask(`${point}-${offer}`, offer);
    expect(await program.ended).toEqual({ code: null, signal: 'SIGKILL' });
    await start(victim);
    await interrupted;
    await settle(`${point}-${offer}`, offer);
    await assertInvariants(await ownerUrlsOf(home));
  });

  it('ends completed when the gateway dies in the middle', async () => {
    const access = await restart('access', 'access.requestAccess.captureHold.before=pause');
    const interrupted = ask('gateway', 'STORAGE');
    // The hold stands, the capture waits: the chain is in its middle.
    await access.waitFor(/paused at access\.requestAccess\.captureHold\.before/);
    await running.get('gateway')?.end('SIGKILL');
    expect(await interrupted).toBeNull();
    process.kill(access.pid, 'SIGUSR2');
    await start('gateway');
    expect(await settle('gateway', 'STORAGE')).toBe('ACTIVE');
    await assertInvariants(await ownerUrlsOf(home));
  });
});
