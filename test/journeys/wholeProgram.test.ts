import { readdir, readFile } from 'node:fs/promises';
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
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { assertInvariants } from '../invariants/assertInvariants.js';
import { ownerUrlsOf } from '../support/ownerUrls.js';
import { freePort, makeHome, type Program, startProgram } from '../support/program.js';

describe('the whole program in one process', () => {
  let home: string;
  let remove: () => Promise<void>;
  let environment: Record<string, string>;
  let program: Program;

  beforeAll(async () => {
    ({ home, remove } = await makeHome());
    environment = { TOLLGATE_HOME: home, TOLLGATE_PORT: String(await freePort()) };
  });
  afterAll(async () => {
    await program.end('SIGTERM');
    await remove();
  });

  const start = async (faults = ''): Promise<void> => {
    program = startProgram(['start'], { ...environment, TOLLGATE_FAULTS: faults });
    await program.waitFor(/Tollgate is ready/);
  };

  it('killed in the middle of requestAccess, ends the request completed or undone after its next start', async () => {
    await start('access.requestAccess.captureHold.after=kill');
    const stage: Stage = {
      client: httpClient(`http://127.0.0.1:${environment['TOLLGATE_PORT']}`),
      codes: oneTimeCodes(),
      narrate: () => {},
      run: 'whole',
    };
    const operator = JSON.parse(await readFile(join(home, 'operator.json'), 'utf8')) as OperatorCredentials;
    const operatorToken = await operatorLogsIn(stage, operator);
    const researcher = await researcherRegisters(stage);
    const token = await researcherLogsIn(stage, researcher);
    const accountId = await accountOpened(stage, researcher.username, researcher.userId, token);
    await moneyDeposited(stage, accountId, '100', operatorToken);
    const endsAt = new Date(Date.now() + 30 * 86_400_000).toISOString();
    const ask = () =>
      attempt<{ accessRequest: { status: string } | null }>(
        stage,
        'requestAccess',
        {
          idempotencyKey: 'whole',
          offerId: wellKnown.offerStorage,
          quantity: '2',
          endsAt,
          accountId,
          name: 'whole',
        },
        'accessRequest { status }',
        token,
      ).catch(() => null);
    expect(await ask()).toBeNull();
    expect(await program.ended).toEqual({ code: null, signal: 'SIGKILL' });

    await start();
    await eventually(60, 'The request neither ended ACTIVE nor FAILED.', async () => {
      const status = (await ask())?.accessRequest?.status;
      return status === 'ACTIVE' || status === 'FAILED' ? status : null;
    });
    await assertInvariants(await ownerUrlsOf(home));
  });

  it('stops cleanly on Ctrl-C: exit 0, no process left, no address announced', async () => {
    expect(await program.end('SIGINT')).toEqual({ code: 0, signal: null });
    const commandLines = await Promise.all(
      (await readdir('/proc'))
        .filter((name) => /^\d+$/.test(name))
        .map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    expect(commandLines.filter((line) => line.includes(home))).toEqual([]);
    const left = (await readdir(join(home, 'run'))).filter((name) => /\.(lock|json)$/.test(name));
    expect(left).toEqual(['database.json']);
    await start();
  });
});
