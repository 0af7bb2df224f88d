import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attempt, query, succeed } from '../../cli/tour/graph.js';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import type { Stage } from '../../cli/tour/stage.js';
import { accountOpened } from '../../cli/tour/steps/accountOpened.js';
import { moneyDeposited } from '../../cli/tour/steps/moneyDeposited.js';
import { type OperatorCredentials, operatorLogsIn } from '../../cli/tour/steps/operatorLogsIn.js';
import { userIdOf } from '../../cli/tour/steps/userIdOf.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { spend } from '../accounting/budgetSupport.js';
import {
  type AccountingHarness,
  credit,
  idOf,
  type Outcome,
  startAccountingHarness,
  type TestPerson,
} from '../accounting/support.js';
import { inShort, newCluster, pricesOf, publish, record, send, type TestCluster } from '../accounting/usageSupport.js';
import { assertInvariants } from '../invariants/assertInvariants.js';
import { ownerUrlsOf } from '../support/ownerUrls.js';
import { makeHome, type Program, startProgram } from '../support/program.js';

/*
 * The attacks on money of the threat model, one test for each. Refused means: a stable code, not a byte of any balance or of
 * the journal changed, nothing of the inside shown, and the next request works. The ledger's invariants are checked at the end.
 */

let accounting: AccountingHarness;
let alice: TestPerson;
let bob: TestPerson;
let from: string;
let to: string;
beforeAll(async () => {
  accounting = await startAccountingHarness();
  alice = await accounting.newPerson();
  bob = await accounting.newPerson();
});
beforeEach(async () => {
  from = await accounting.accountWith(alice, '100');
  to = await accounting.accountWith(bob, '0');
});
afterAll(async () => {
  await accounting.stop();
});

const as = (person: TestPerson) => ({ token: person.token });
const codeOf = ({ payload, fault }: Outcome): string => fault ?? payload?.refusal?.code ?? 'DONE';
const count = (outcomes: readonly string[], wanted: string): number =>
  outcomes.filter((outcome) => outcome === wanted).length;
const times = <Value>(many: number, work: (n: number) => Promise<Value>): Promise<Value[]> =>
  Promise.all(Array.from({ length: many }, (_, n) => work(n)));
const pay = (amount: string, more: object = {}) =>
  accounting.mutate(
    'transfer',
    { debitAccountId: from, creditAccountId: to, amount: credit(amount), description: 'x', ...more },
    'transfer { id }',
    as(alice),
  );
const hold = async (amount: string) =>
  idOf(
    await accounting.mutate(
      'placeHold',
      { debitAccountId: from, creditAccountId: to, amount: credit(amount), reason: 'x' },
      'hold { id }',
      as(alice),
    ),
    'hold',
  );
const capture = (holdId: string, amount: string) =>
  accounting.mutate('captureHold', { holdId, amount: credit(amount) }, 'transfer { id }', as(bob));
const balances = async () => [await accounting.balanceOf(from, alice), await accounting.balanceOf(to, bob)];

/** What money there is and what happened to it: every byte of the accounts and the journal's head. */
const ledger = () =>
  accounting.sql(
    'SELECT md5(string_agg(a::text, chr(10) ORDER BY a.id)), (SELECT h::text FROM chain_head h) FROM account a',
  );

/** Sees to it that a call is refused with a code and leaves everything as it was. */
async function refused(code: string, call: () => Promise<Outcome>): Promise<void> {
  const before = await ledger();
  const outcome = await call();
  expect(codeOf(outcome)).toBe(code);
  expect(await ledger()).toEqual(before);
  expect(JSON.stringify(outcome)).not.toMatch(/select |insert |prisma|post_batch|\.ts:|\.js:|\/work|node_modules/i);
  expect(await spend(accounting, alice, from, to, '0.000001')).toBe('DONE');
}

describe('one key', () => {
  it('50 times in parallel has one effect', async () => {
    const idempotencyKey = randomUUID();
    const outcomes = await times(50, () => pay('1', { idempotencyKey }));
    expect(new Set(outcomes.map((outcome) => idOf(outcome, 'transfer'))).size).toBe(1);
    expect(await balances()).toMatchObject([{ posted: '99' }, { posted: '1' }]);
  });
});

describe('100 units', () => {
  it('are debited by 1 in 200 parallel calls 100 times', async () => {
    const outcomes = (await times(200, () => pay('1'))).map(codeOf);
    expect([count(outcomes, 'DONE'), count(outcomes, 'INSUFFICIENT_FUNDS')]).toEqual([100, 100]);
    expect(await balances()).toMatchObject([{ posted: '0' }, { posted: '100' }]);
  });
});

describe('the amount', () => {
  it.each([
    ['0', '0', 'AMOUNT_NOT_POSITIVE'],
    ['negative', '-1', 'AMOUNT_NOT_POSITIVE'],
    ['1e3', '1e3', 'BAD_USER_INPUT'],
    ['NaN', 'NaN', 'BAD_USER_INPUT'],
    ['2^63', (2n ** 63n).toString(), 'AMOUNT_TOO_LARGE'],
    ['of 40 digits', '1'.repeat(40), 'BAD_USER_INPUT'],
    ['of 38 digits', '9'.repeat(38), 'AMOUNT_TOO_LARGE'],
    ['with 7 places', '0.0000001', 'AMOUNT_TOO_PRECISE'],
  ])('%s is refused by every mutation that takes one', async (_name, amount, code) => {
    const holdId = await hold('1');
    await refused(code, () => pay(amount));
    await refused(code, () =>
      accounting.mutate(
        'placeHold',
        { debitAccountId: from, creditAccountId: to, amount: credit(amount), reason: 'x' },
        'hold { id }',
        as(alice),
      ),
    );
    await refused(code, () => capture(holdId, amount));
    await refused(code, () =>
      accounting.mutate(
        'deposit',
        { accountId: from, amount: credit(amount), description: 'x' },
        'transfer { id }',
        as(accounting.operator),
      ),
    );
  });
});

describe('opposite transfers', () => {
  it('200 each way at once all end, with the sum unchanged', async () => {
    const other = await accounting.accountWith(bob, '100');
    const outcomes = await times(400, (n) =>
      n % 2 === 0 ? spend(accounting, alice, from, other, '0.5') : spend(accounting, bob, other, from, '0.5'),
    );
    expect(count(outcomes, 'DONE')).toBe(400);
    expect((await accounting.balanceOf(from, alice)).posted).toBe('100');
    expect((await accounting.balanceOf(other, bob)).posted).toBe('100');
  });
});

describe('a hold', () => {
  it('captured twice, also 20 times at once, is captured once', async () => {
    const holdId = await hold('10');
    const outcomes = (await times(20, () => capture(holdId, '10'))).map(codeOf);
    expect([count(outcomes, 'DONE'), count(outcomes, 'HOLD_NOT_OPEN')]).toEqual([1, 19]);
    await refused('HOLD_NOT_OPEN', () => capture(holdId, '1'));
  });

  it('captured above what it reserves is refused', async () => {
    const holdId = await hold('10');
    await refused('CAPTURE_EXCEEDS_HOLD', () => capture(holdId, '10.000001'));
    idOf(await capture(holdId, '10'), 'transfer');
  });

  it('captured after its expiry is refused, and its money is free', async () => {
    const holdId = await hold('10');
    await accounting.sql(`UPDATE hold SET expires_at = clock_timestamp() - interval '1 second' WHERE id = $1`, [
      holdId,
    ]);
    expect(codeOf(await capture(holdId, '10'))).toBe('HOLD_EXPIRED');
    expect(await balances()).toMatchObject([{ posted: '100', held: '0', available: '100' }, { posted: '0' }]);
  });

  it('captured and released in parallel is one of the two', async () => {
    for (let round = 0; round < 10; round += 1) {
      const holdId = await hold('2');
      const [captured, released] = await Promise.all([
        capture(holdId, '2'),
        accounting.mutate('releaseHold', { holdId }, 'hold { id }', as(bob)),
      ]);
      expect([codeOf(captured), codeOf(released)].sort()).toEqual(['DONE', 'HOLD_NOT_OPEN']);
    }
    expect((await accounting.balanceOf(from, alice)).held).toBe('0');
  });
});

describe('a reversal', () => {
  it('over the original is refused, in one call, in parts and 20 times at once', async () => {
    const transferId = idOf(await pay('10'), 'transfer');
    await pay('20');
    const reverse = (amount: string | null) =>
      accounting.mutate(
        'reverseTransfer',
        { transferId, reason: 'x', ...(amount === null ? {} : { amount: credit(amount) }) },
        'transfer { id }',
        as(bob),
      );
    await refused('REVERSAL_EXCEEDS_TRANSFER', () => reverse('10.000001'));
    idOf(await reverse('4'), 'transfer');
    await refused('REVERSAL_EXCEEDS_TRANSFER', () => reverse('6.000001'));
    const outcomes = (await times(20, () => reverse('1'))).map(codeOf);
    expect([count(outcomes, 'DONE'), count(outcomes, 'ALREADY_REVERSED')]).toEqual([6, 14]);
    await refused('ALREADY_REVERSED', () => reverse(null));
  });
});

describe('usage', () => {
  let cluster: TestCluster;
  beforeEach(async () => {
    cluster = await newCluster(accounting);
  });
  const sent = (records: readonly object[]) => send(accounting, cluster, records);
  const mine = (name: string, more: object = {}) => record(name, { user: alice.userId, account: from, ...more });

  it('re-sent, under any key and 20 times at once, is charged once', async () => {
    const all = await times(20, () => sent([mine('job-1')]));
    const results = all.flatMap(inShort);
    expect([count(results, 'RECORDED 1'), count(results, 'REPLAYED 0')]).toEqual([1, 19]);
    expect((await accounting.balanceOf(from, alice)).posted).toBe('99');
  });

  it('late is charged by the price that was in force when it was used', async () => {
    const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString();
    const dear = pricesOf('standard').map((rate) => ({ ...rate, price: credit('9') }));
    idOf(await publish(accounting, cluster.clusterId, { rates: dear }), 'rateCard');
    const early = new Date(Date.now() - 20 * 3_600_000).toISOString();
    const late = { start: early, end: new Date(Date.parse(early) + 3_600_000).toISOString() };
    expect(inShort(await sent([mine('late', late)]))).toEqual(['RECORDED 1']);
    // Before there were any prices nothing is guessed.
    const older = { start: day(3), end: new Date(Date.parse(day(3)) + 3_600_000).toISOString() };
    expect(inShort(await sent([mine('too-late', older)]))).toEqual(['REJECTED 0 RATES_MISSING']);
  });

  it('in the future is rejected and charged nothing', async () => {
    const before = await ledger();
    const soon = { end: new Date(Date.now() + 60_000).toISOString() };
    expect(inShort(await sent([mine('soon', soon)]))).toEqual(['REJECTED 0 USAGE_IN_FUTURE']);
    expect(await ledger()).toEqual(before);
  });
});

describe('raw SQL against the journal', () => {
  it('is refused to the serving role and to the owner, and a balance that does not add up to both', async () => {
    await pay('1');
    const before = await ledger();
    const { appUrl, ownerUrl } = accounting.settings.database;
    for (const connectionString of [appUrl, ownerUrl]) {
      const client = new pg.Client({ connectionString });
      await client.connect();
      try {
        for (const sql of [
          'UPDATE journal_entry SET amount = amount + 1',
          'DELETE FROM journal_entry',
          'TRUNCATE journal_entry',
          'UPDATE account SET posted = -posted - 1',
          'INSERT INTO journal_entry SELECT (jsonb_populate_record(j, \'{"amount": 0}\')).* FROM journal_entry j LIMIT 1',
        ]) {
          await expect(client.query(sql), sql).rejects.toThrow(
            /append-only|permission denied|account_available|journal_entry_/,
          );
        }
      } finally {
        await client.end();
      }
    }
    expect(await ledger()).toEqual(before);
  });
});

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
