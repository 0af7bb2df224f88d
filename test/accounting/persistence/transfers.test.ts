import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { ok } from '../../../platform/kernel/result.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { connectDatabase } from '../../../subgraphs/accounting/persistence/database.js';
import { makeSqlLedger } from '../../../subgraphs/accounting/persistence/sqlLedger.js';
import { callOfTest, type LedgerBench, openLedgerBench } from '../ledgerBench.js';

let bench: LedgerBench;
beforeAll(async () => {
  bench = await openLedgerBench();
});
afterAll(async () => {
  await bench.assertInvariants();
  await bench.close();
});

describe('transfers', () => {
  it('moves money and keeps both balances', async () => {
    const a = await bench.accountWith(100);
    const b = await bench.accountWith(0);
    const posted = await bench.transfer(a, b, 40.000001);
    expect(posted).toMatchObject({ ok: true, value: { transferId: expect.stringMatching(/^trf_/) } });
    expect(await bench.sums(a)).toEqual({ posted: 59.999999, held: 0, incoming: 0 });
    expect(await bench.sums(b)).toEqual({ posted: 40.000001, held: 0, incoming: 0 });
  });

  it('refuses what the account cannot cover with the exact shortfall and changes nothing', async () => {
    const a = await bench.accountWith(100);
    const b = await bench.accountWith(0);
    expect(await bench.transfer(a, b, 100.000001)).toMatchObject({
      ok: false,
      refusal: {
        code: 'INSUFFICIENT_FUNDS',
        accountId: a,
        shortfall: { micros: 1n, unit: wellKnown.unit },
        available: { micros: 100_000_000n, unit: wellKnown.unit },
      },
    });
    expect(await bench.sums(a)).toEqual({ posted: 100, held: 0, incoming: 0 });
  });

  it('answers a repetition with the original, also when the account has run short since', async () => {
    const a = await bench.accountWith(10);
    const b = await bench.accountWith(0);
    const first = await bench.transfer(a, b, 10, 'replay-short');
    expect(first.ok).toBe(true);
    expect(await bench.transfer(a, b, 10, 'replay-short')).toEqual(first);
    expect(await bench.sums(b)).toMatchObject({ posted: 10 });
  });

  it('remembers a refusal, also when the money has come since', async () => {
    const a = await bench.accountWith(1);
    const b = await bench.accountWith(5);
    const first = await bench.transfer(a, b, 2, 'refused');
    expect(first).toMatchObject({ ok: false, refusal: { code: 'INSUFFICIENT_FUNDS' } });
    await bench.transfer(b, a, 5);
    expect(await bench.transfer(a, b, 2, 'refused')).toEqual(first);
  });

  it('refuses a key that was used with other input: IDEMPOTENCY_KEY_REUSED', async () => {
    const a = await bench.accountWith(10);
    const b = await bench.accountWith(0);
    await bench.transfer(a, b, 1, 'reused');
    expect(await bench.transfer(a, b, 2, 'reused')).toMatchObject({ refusal: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(await bench.sums(b)).toMatchObject({ posted: 1 });
  });

  it('does one thing for one key 50 times in parallel', async () => {
    const a = await bench.accountWith(100);
    const b = await bench.accountWith(0);
    const answers = await Promise.all(Array.from({ length: 50 }, () => bench.transfer(a, b, 1, 'parallel')));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await bench.sums(b)).toMatchObject({ posted: 1 });
  });

  it('does one thing for one key through two replicas at once', async () => {
    const replica = connectDatabase(bench.database.appUrl);
    const other = makeSqlLedger(replica);
    const a = await bench.accountWith(100);
    const b = await bench.accountWith(0);
    for (let round = 0; round < 10; round += 1) {
      const call = callOfTest('transfer', `replicas ${round}`);
      const money = { micros: 1_000_000n, unit: wellKnown.unit };
      const posting = () =>
        ok({
          op: 'TRANSFER',
          kind: 'TRANSFER',
          id: newId('transfer'),
          debitId: a,
          creditId: b,
          amount: money,
          description: 'x',
        } as const);
      const [one, two] = await Promise.all([bench.ledger.post(call, posting()), other.post(call, posting())]);
      expect(one).toEqual(two);
      // The same key on other accounts: no common lock, so only the key's row stands between them.
      const c = await bench.accountWith(10);
      const reused = callOfTest('transfer', `crossing ${round}`, { other: true });
      const answers = await Promise.all([
        bench.ledger.post(reused, posting()),
        other.post({ ...reused, fingerprint: 'other' }, ok({ ...posting().value, debitId: c })),
      ]);
      expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
      expect(answers.find((answer) => !answer.ok)).toMatchObject({ refusal: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    }
    await replica.$disconnect();
  });

  it('lets 100 of 200 parallel debits of 1 through on 100', async () => {
    const a = await bench.accountWith(100);
    const b = await bench.accountWith(0);
    const answers = await Promise.all(Array.from({ length: 200 }, () => bench.transfer(a, b, 1)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(100);
    expect(await bench.sums(a)).toMatchObject({ posted: 0 });
    expect(await bench.sums(b)).toMatchObject({ posted: 100 });
  });

  it('survives 400 crossing transfers without a deadlock', async () => {
    const ids = await Promise.all([1, 2, 3, 4].map(() => bench.accountWith(1_000)));
    const pick = (n: number) => ids[n % ids.length] ?? '';
    const answers = await Promise.all(
      Array.from({ length: 400 }, (_, n) => bench.transfer(pick(n), pick(n * 7 + 1 + (n % 3)), 1)),
    );
    for (const answer of answers) if (!answer.ok) expect(answer.refusal.code).toBe('ACCOUNTS_MUST_DIFFER');
    const sums = await Promise.all(ids.map((id) => bench.sums(id)));
    expect(sums.reduce((total, { posted }) => total + posted, 0)).toBe(4_000);
  });
});
