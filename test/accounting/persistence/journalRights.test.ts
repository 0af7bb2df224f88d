import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { type LedgerBench, openLedgerBench } from '../ledgerBench.js';

let bench: LedgerBench;
let app: pg.Client;
let account: string;
beforeAll(async () => {
  bench = await openLedgerBench();
  app = new pg.Client({ connectionString: bench.database.appUrl });
  await app.connect();
  account = await bench.accountWith(100);
});
afterAll(async () => {
  await bench.assertInvariants();
  await app.end();
  await bench.close();
});

const ROW = `INSERT INTO journal_entry (sequence, kind, transfer_id, debit_id, credit_id, unit, amount, description, actor,
  debit_balance_after, credit_balance_after, recorded_at, effective_at, entry_hash)
  VALUES (999, 'TRANSFER', 'trf_x', 'a', 'b', 'CREDIT', $1, '', '', 0, 0, now(), now(), decode(repeat('00', 32), 'hex'))`;

describe('what the database itself refuses', () => {
  it.each([
    'UPDATE journal_entry SET amount = 1',
    'DELETE FROM journal_entry',
    'TRUNCATE journal_entry',
    'UPDATE receipt SET number = 1',
    'DELETE FROM receipt',
    'DELETE FROM usage_revision',
    'DELETE FROM budget_crossing',
    'DELETE FROM usage_waiver',
  ])('refuses the owner: %s', async (sql) => {
    await expect(bench.owner.query(sql)).rejects.toThrow('append-only');
  });

  it.each([
    'UPDATE journal_entry SET amount = 1',
    'DELETE FROM journal_entry',
    'TRUNCATE journal_entry',
    'UPDATE account SET posted = 1000000000000',
    "INSERT INTO account (id, name, kind, unit, owner_id, posted) VALUES ('acc_x', 'x', 'PERSONAL', 'CREDIT', 'usr_x', 1)",
    "INSERT INTO account (id, name, kind, unit, owner_id) VALUES ('acc_x', 'x', 'PERSONAL', 'CREDIT', 'usr_x')",
    "INSERT INTO account (id, name, kind, unit, owner_id, overdraft_limit) VALUES ('acc_x', 'x', 'PERSONAL', 'CREDIT', 'usr_x', 1)",
    'UPDATE hold SET captured = 0',
    'UPDATE chain_head SET sequence = 0',
    "UPDATE invoice SET status = 'PAID'",
    'UPDATE escrow SET ends_at = now()',
    'DELETE FROM platform.audit_entry',
    'UPDATE usage_record SET charged = 0',
    'DELETE FROM usage_record',
    'UPDATE rate SET core_hour = 0',
    'UPDATE budget SET maximum = 1',
    'UPDATE budget_use SET spent = 0',
    'DELETE FROM budget_use',
    "UPDATE adjustment SET status = 'APPROVED'",
    'UPDATE usage_record SET waived = amount',
    "SELECT charge_owed('a', 'CREDIT', '{b}', '{c}', '')",
    "SELECT lock_budgets('{}')",
    "INSERT INTO rate_card (id) VALUES ('rat_x')",
    "SELECT post_usage('a', 'CREDIT', '{b}', '{1}', '{c}', '', '')",
    "SELECT next_number('x', 'INVOICE')",
    "SELECT conclude('{}', '', '{}')",
    "SELECT post_one('TRANSFER', 'DEPOSIT', 'a', 'b', 'c', 'CREDIT', 1, 0, '', '', '')",
  ])('refuses the serving role: %s', async (sql) => {
    await expect(app.query(sql)).rejects.toThrow('permission denied');
  });

  it('refuses the serving role a journal row of its own making', async () => {
    await expect(app.query(ROW, [1])).rejects.toThrow('permission denied');
  });

  it.each([0, -5])('refuses a row that moves %d, whoever writes it', async (amount) => {
    await expect(bench.owner.query(ROW, [amount])).rejects.toThrow('journal_entry_balanced');
  });

  it('refuses a balance below its floor, whoever writes it', async () => {
    await expect(bench.owner.query('UPDATE account SET posted = -1 WHERE id = $1', [account])).rejects.toThrow(
      'account_available',
    );
  });

  it('fixes the search path of every function and lets nobody else run them', async () => {
    const { rows } = await bench.owner.query<{ name: string; config: string[] | null; public: boolean }>(
      `SELECT p.proname AS name, p.proconfig AS config, has_function_privilege('public', p.oid, 'EXECUTE') AS public
       FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'`,
    );
    expect(rows.length).toBeGreaterThan(9);
    for (const { name, config, public: open } of rows) {
      expect(
        config?.some((setting) => setting.startsWith('search_path=')),
        name,
      ).toBe(true);
      // A trigger's function cannot be called.
      if (name !== 'refuse_journal_change') expect(open, name).toBe(false);
    }
  });

  it('lets nobody make money but from ISSUANCE, and nobody pay into it', async () => {
    const money = { micros: 1n, unit: wellKnown.unit };
    const other = await bench.accountWith(0);
    const common = { op: 'TRANSFER' as const, id: 'trf_test', amount: money, description: 'Test' };
    await expect(
      bench.post({ ...common, kind: 'TRANSFER', debitId: wellKnown.accountIssuance, creditId: other }),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(bench.post({ ...common, kind: 'DEPOSIT', debitId: account, creditId: other })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(
      await bench.post({ ...common, kind: 'TRANSFER', debitId: account, creditId: wellKnown.accountIssuance }),
    ).toMatchObject({ refusal: { code: 'ACCOUNT_TAKES_NO_TRANSFERS' } });
  });
});
