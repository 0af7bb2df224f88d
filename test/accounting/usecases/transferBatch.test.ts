import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { type AccountingHarness, credit, startAccountingHarness, type TestPerson } from '../support.js';

let accounting: AccountingHarness;
let alice: TestPerson;
let bob: TestPerson;
beforeAll(async () => {
  accounting = await startAccountingHarness();
  alice = await accounting.newPerson();
  bob = await accounting.newPerson();
});
afterAll(async () => {
  await accounting.stop();
});

const as = (person: TestPerson) => ({ token: person.token });
const item = (debitAccountId: string, creditAccountId: string, amount: string, more: object = {}) => ({
  debitAccountId,
  creditAccountId,
  amount: credit(amount),
  description: 'Salary',
  ...more,
});
const RESULTS = `results { transfer { id amount { amount } } refusal { code ... on InvalidInput { path }
  ... on InsufficientFunds { shortfall { amount } account { id } } } }`;
const batch = (transfers: readonly object[], mode: string, person: TestPerson, more: object = {}) =>
  accounting.mutate('transferBatch', { transfers, mode, ...more }, RESULTS, as(person));

interface Item {
  readonly transfer: { readonly id: string } | null;
  readonly refusal: { readonly code: string } | null;
}
const codesOf = ({ payload }: Awaited<ReturnType<typeof batch>>): string[] =>
  ((payload?.['results'] ?? []) as (Item | null)[]).map((result) =>
    result === null ? 'FAULT' : (result.refusal?.code ?? (result.transfer === null ? 'NOTHING' : 'OK')),
  );

describe('transferBatch', () => {
  it('INDEPENDENT: one that is refused never spoils its neighbours', async () => {
    const from = await accounting.accountWith(alice, '10');
    const to = await accounting.accountWith(bob, '0');
    const transfers = [
      item(from, to, '4'),
      item(from, to, '100'),
      item(from, to, '0'),
      item(from, to, '1', { description: '' }),
      item(from, from, '1'),
      item(from, wellKnown.accountIssuance, '1'),
      item(from, to, '6'),
    ];
    const done = await batch(transfers, 'INDEPENDENT', alice);
    expect(codesOf(done)).toEqual([
      'OK',
      'INSUFFICIENT_FUNDS',
      'AMOUNT_NOT_POSITIVE',
      'INVALID_INPUT',
      'ACCOUNTS_MUST_DIFFER',
      'ACCOUNT_TAKES_NO_TRANSFERS',
      'OK',
    ]);
    expect(done.payload?.['results']).toMatchObject([
      { transfer: { amount: { amount: '4' } } },
      { transfer: null, refusal: { shortfall: { amount: '94' }, account: { id: from } } },
      { refusal: { path: ['transfers', '2', 'amount', 'amount'] } },
      { refusal: { path: ['transfers', '3', 'description'] } },
      {},
      {},
      { transfer: { amount: { amount: '6' } }, refusal: null },
    ]);
    expect(await accounting.balanceOf(to, bob)).toMatchObject({ posted: '10' });
  });

  it('shows a missing right at the item’s place alone', async () => {
    const mine = await accounting.accountWith(alice, '10');
    const other = await accounting.accountWith(bob, '10');
    const transfers = [
      item(mine, other, '1'),
      item(other, mine, '1'),
      item(mine, newId('account'), '1'),
      item(mine, 'x', '1'),
    ];
    const query = `mutation ($input: TransferBatchInput!) { transferBatch(input: $input) { ${RESULTS} refusal { code } } }`;
    const input = { idempotencyKey: `rights ${mine}`, transfers, mode: 'INDEPENDENT' };
    const answer = await accounting.call<{ transferBatch: { results: (Item | null)[] } }>(query, { input }, as(alice));
    expect(answer.data?.transferBatch.results.map((result) => result === null)).toEqual([false, true, true, true]);
    expect(answer.errors.map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']);
    expect(answer.errors.map((error) => (error as { path?: unknown }).path)).toEqual(
      [1, 2, 3].map((position) => ['transferBatch', 'results', position]),
    );
    expect(await accounting.balanceOf(other, bob)).toMatchObject({ posted: '11' });
    const again = await accounting.call(query, { input }, as(alice));
    expect(again.data).toEqual(answer.data);
    const asOperator = await batch([item(mine, other, '1')], 'INDEPENDENT', accounting.operator);
    expect(asOperator.fault).toBe('FORBIDDEN');
    expect(await accounting.balanceOf(mine, alice)).toMatchObject({ posted: '9' });
  });

  it('LINKED: all, or none with the place of the one that failed: LINKED_FAILED', async () => {
    const from = await accounting.accountWith(alice, '10');
    const to = await accounting.accountWith(bob, '0');
    expect(codesOf(await batch([item(from, to, '3'), item(from, to, '3')], 'LINKED', alice))).toEqual(['OK', 'OK']);
    const failed = await batch([item(from, to, '4'), item(from, to, '1'), item(from, to, '1')], 'LINKED', alice);
    expect(codesOf(failed)).toEqual(['LINKED_FAILED', 'INSUFFICIENT_FUNDS', 'LINKED_FAILED']);
    expect(failed.payload?.['results']).toMatchObject([{ refusal: { path: ['transfers', '1'] } }, {}, {}]);
    expect(await accounting.balanceOf(from, alice)).toMatchObject({ posted: '4' });
  });

  it.each(['LINKED', 'INDEPENDENT'])(
    '%s with one key is done once, and answered the same item by item',
    async (mode) => {
      const from = await accounting.accountWith(alice, '10');
      const to = await accounting.accountWith(bob, '0');
      const transfers = [item(from, to, '6'), item(from, to, mode === 'LINKED' ? '4' : '6')];
      const once = () => batch(transfers, mode, alice, { idempotencyKey: `once ${from}` });
      const answers = await Promise.all(Array.from({ length: 10 }, once));
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      expect(await accounting.balanceOf(to, bob)).toMatchObject({ posted: mode === 'LINKED' ? '10' : '6' });
      await batch([item(to, from, '6')], 'LINKED', bob);
      expect(await once()).toEqual(answers[0]);
      const spelled = transfers.map((transfer) => ({ ...transfer, amount: credit(`${transfer.amount.amount}.0`) }));
      expect(await batch(spelled, mode, alice, { idempotencyKey: `once ${from}` })).toEqual(answers[0]);
      const other = await batch([...transfers, item(from, to, '1')], mode, alice, { idempotencyKey: `once ${from}` });
      expect(other.payload).toMatchObject({ results: null, refusal: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    },
  );

  it('takes 1,000 items, and not one more: BATCH_TOO_LARGE', async () => {
    const from = await accounting.accountWith(alice, '1000');
    const to = await accounting.accountWith(bob, '0');
    const items = (count: number) => Array.from({ length: count }, () => item(from, to, '0.5'));
    expect(codesOf(await batch(items(1_000), 'LINKED', alice)).every((code) => code === 'OK')).toBe(true);
    expect((await batch(items(1_001), 'INDEPENDENT', alice)).payload).toMatchObject({
      results: null,
      refusal: { code: 'BATCH_TOO_LARGE', path: ['transfers'] },
    });
    expect((await batch([], 'LINKED', alice)).payload).toMatchObject({ refusal: { code: 'INVALID_INPUT' } });
    expect(await accounting.balanceOf(to, bob)).toMatchObject({ posted: '500' });
  });

  it('is for a person; effectiveAt is for operators, item by item', async () => {
    const mine = await accounting.accountWith(accounting.operator, '10');
    const to = await accounting.accountWith(bob, '0');
    const back = (days: number) => ({ effectiveAt: new Date(Date.now() - days * 86_400_000).toISOString() });
    const transfers = [item(mine, to, '1', back(365)), item(mine, to, '1', back(367))];
    expect(codesOf(await batch(transfers, 'INDEPENDENT', accounting.operator))).toEqual([
      'OK',
      'EFFECTIVE_AT_OUT_OF_RANGE',
    ]);
    expect((await batch(transfers, 'INDEPENDENT', alice)).fault).toBe('FORBIDDEN');
    const nobody = { transfers, mode: 'LINKED' };
    expect((await accounting.mutate('transferBatch', nobody, RESULTS, {})).fault).toBe('UNAUTHENTICATED');
    const acting = { as: 'compute', token: await alice.actingAs('compute') } as const;
    expect((await accounting.mutate('transferBatch', nobody, RESULTS, acting)).fault).toBe('FORBIDDEN');
  });
});
