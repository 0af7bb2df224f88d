import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, query, succeed } from '../../cli/tour/graph.js';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import type { Stage } from '../../cli/tour/stage.js';
import { accountOpened } from '../../cli/tour/steps/accountOpened.js';
import { moneyDeposited } from '../../cli/tour/steps/moneyDeposited.js';
import { type OperatorCredentials, operatorLogsIn } from '../../cli/tour/steps/operatorLogsIn.js';
import { userIdOf } from '../../cli/tour/steps/userIdOf.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { credit } from '../accounting/support.js';
import { assertInvariants } from '../invariants/assertInvariants.js';
import { ownerUrlsOf } from '../support/ownerUrls.js';
import { makeHome, type Program, startProgram } from '../support/program.js';

describe('between quote and request, through the gateway', () => {
  let home: string;
  let remove: () => Promise<void>;
  let program: Program;
  let stage: Stage;
  let token: string;
  let accountId: string;
  beforeAll(async () => {
    ({ home, remove } = await makeHome());
    program = startProgram(['start'], { TOLLGATE_HOME: home, TOLLGATE_PORT: '0' });
    await program.waitFor(/Tollgate is ready/);
    const url = /GraphQL\s+(\S+)\/graphql/.exec(program.output())?.[1] ?? '';
    const operator = JSON.parse(await readFile(join(home, 'operator.json'), 'utf8')) as OperatorCredentials;
    stage = { client: httpClient(url), codes: oneTimeCodes(), narrate: () => {}, run: 'money' };
    token = await operatorLogsIn(stage, operator);
    accountId = await accountOpened(stage, operator.username, await userIdOf(stage, token), token);
    await moneyDeposited(stage, accountId, '100', token);
  });
  afterAll(async () => {
    await program.end('SIGTERM');
    await remove();
  });

  const wish = (quantity: string) => ({
    idempotencyKey: randomUUID(),
    offerId: wellKnown.offerStorage,
    quantity,
    endsAt: new Date(Date.now() + 30 * 86_400_000).toISOString(),
  });
  const REQUEST =
    'accessRequest { id status invoice { total { amount } } grant { escrow { balance { posted { amount } } } } }';
  interface Requested {
    readonly accessRequest: { readonly status: string; readonly invoice: object } | null;
  }

  it('a price that changes does not change what was quoted: the charge is the quote', async () => {
    interface Quoted {
      readonly quote: { readonly id: string; readonly total: { readonly amount: string } };
    }
    const { quote } = await succeed<Quoted>(stage, 'quoteAccess', wish('10'), 'quote { id total { amount } }', token);
    const dearer = { idempotencyKey: randomUUID(), offerId: wellKnown.offerStorage, price: credit('7') };
    await succeed(stage, 'publishOffer', dearer, 'offer { price { amount } }', token);
    const input = { idempotencyKey: randomUUID(), quoteId: quote.id, accountId, name: 'Quoted' };
    const { accessRequest } = await succeed<Requested>(stage, 'requestAccess', input, REQUEST, token);
    expect(accessRequest).toMatchObject({
      status: 'ACTIVE',
      invoice: { total: quote.total },
      grant: { escrow: { balance: { posted: quote.total } } },
    });
    await assertInvariants(await ownerUrlsOf(home));
  });

  it('a budget that was set since refuses the request, names itself, and leaves nothing behind', async () => {
    const budget = { accountId, period: 'DAY', limit: credit('20') };
    await succeed(stage, 'setBudget', budget, 'account { id }', token);
    const request = { ...wish('10'), accountId, name: 'Beyond' };
    const selection = `${REQUEST} refusal { ... on LimitExceeded { limit } }`;
    const payload = await attempt<Requested>(stage, 'requestAccess', request, selection, token);
    expect(payload.accessRequest).toBeNull();
    expect(payload.refusal).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('setBudget'),
      limit: expect.stringMatching(/^daily budget of the account \(bud_/),
    });
    const answer = await query<{ account: { budgets: object[]; holds: { nodes: object[] } } }>(
      stage,
      'query ($id: ID!) { account(id: $id) { budgets { spent { amount } held { amount } } holds(status: OPEN) { nodes { id } } } }',
      { id: accountId },
      token,
    );
    expect(answer.account).toMatchObject({ budgets: [{ held: { amount: '0' } }], holds: { nodes: [] } });
  });
});
