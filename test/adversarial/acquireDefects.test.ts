import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { loadTypeDefs } from '../../platform/server/typeDefs.js';
import { spend } from '../accounting/budgetSupport.js';
import { readDocument } from '../accounting/documents.js';
import { as, codeOf, moneyWorld } from '../accounting/moneyWorld.js';
import { postingWorkOf } from '../accounting/postingWork.js';
import { credit, idOf } from '../accounting/support.js';
import { inShort, newCluster, pricesOf, publish, record, send } from '../accounting/usageSupport.js';

/*
 * What Acquire's banking got wrong, and the numbers that it promises, one test for each: Tollgate must get them right. The
 * ledger's invariants are checked at the end.
 */

const world = moneyWorld('1000');
const { pay, hold, capture, balances } = world;
const reverse = (transferId: string) =>
  world.accounting.mutate('reverseTransfer', { transferId, reason: 'Refund' }, 'transfer { id }', as(world.bob));
const overdraft = (accountId: string, amount: string) =>
  world.accounting.mutate(
    'setOverdraftLimit',
    { idempotencyKey: undefined, accountId, overdraftLimit: credit(amount) },
    'account { id }',
    as(world.accounting.operator),
  );

describe('a cheque', () => {
  const cash = async (mandate: string, more: object = {}) =>
    codeOf(
      await world.accounting.mutate(
        'placeHold',
        { mandate, creditAccountId: world.to, amount: credit('10'), resource: 'room 1', reason: 'x', ...more },
        'hold { id }',
        as(world.bob),
      ),
    );
  const write = (change: object = {}) =>
    world.accounting.identity.issueMandate({
      issuerId: world.alice.userId,
      accountId: world.from,
      payeeId: world.to,
      ...change,
    });

  it('is not cashed twice', async () => {
    const cheque = await write({ once: true });
    expect(await cash(cheque)).toBe('DONE');
    expect(await cash(cheque)).toBe('MANDATE_EXHAUSTED');
    expect((await balances())[0]).toMatchObject({ held: '10' });
  });

  it('is not cashed for another resource', async () => {
    expect(await cash(await write(), { resource: 'room 2' })).toBe('MANDATE_WRONG_RESOURCE');
    expect((await balances())[0]).toMatchObject({ held: '0' });
  });

  it('is not cashed after its expiry', async () => {
    expect(await cash(await write({ expiresAt: new Date(Date.now() - 1_000) }))).toBe('MANDATE_EXPIRED');
    expect((await balances())[0]).toMatchObject({ held: '0' });
  });
});

describe('an account', () => {
  it('is not read by its name: there is no way to ask for one, and a name is no id', async () => {
    const roots = loadTypeDefs('accounting').definitions.flatMap((node) =>
      (node.kind === 'ObjectTypeDefinition' || node.kind === 'ObjectTypeExtension') && node.name.value === 'Query'
        ? (node.fields ?? [])
        : [],
    );
    const asking = roots.flatMap(({ name, arguments: given = [] }) =>
      given.filter((argument) => /name/i.test(argument.name.value)).map(() => name.value),
    );
    expect(asking).toEqual([]);
    for (const id of ['Test', world.from, newId('account')]) {
      const { data, errors } = await world.accounting.call(
        'query ($id: ID!) { account(id: $id) { id } }',
        { id },
        as(world.bob),
      );
      expect(data).toEqual({ account: null });
      expect(errors[0]?.extensions.code).toBe('NOT_FOUND');
    }
  });
});

describe('123456789012.345678', () => {
  it('stays itself: deposited, sent, reserved, captured, given back, and on the statement', async () => {
    const amount = '123456789012.345678';
    const rich = await world.accounting.accountWith(world.alice, amount);
    expect(await world.accounting.balanceOf(rich, world.alice)).toMatchObject({ posted: amount, available: amount });
    const transferId = idOf(await pay(amount, { debitAccountId: rich }), 'transfer');
    expect(await world.accounting.balanceOf(world.to, world.bob)).toMatchObject({ posted: amount });
    idOf(await reverse(transferId), 'transfer');
    const holdId = idOf(await hold(amount, { debitAccountId: rich }), 'hold');
    expect(await world.accounting.balanceOf(rich, world.alice)).toMatchObject({
      posted: amount,
      held: amount,
      available: '0',
    });
    const captured = await capture(holdId, amount, 'receipt { amount { amount } }');
    expect(captured.payload).toMatchObject({ receipt: { amount: { amount } } });
    const statement = await readDocument(world.accounting, `/accounts/${world.to}/statement.csv`, world.bob.token);
    expect(statement.text.match(/123456789012\.345678/g)?.length).toBeGreaterThanOrEqual(3);
    expect(statement.text).not.toContain('345673');
  });
});

describe('a transfer', () => {
  it('costs the same behind 10 entries and behind 500: as many rows are read', async () => {
    const owner = new pg.Client({ connectionString: world.accounting.settings.database.ownerUrl });
    await owner.connect();
    try {
      const sent = async (many: number) => {
        const outcomes = await Promise.all(
          Array.from({ length: many }, () => spend(world.accounting, world.alice, world.from, world.to, '1')),
        );
        expect(outcomes.every((outcome) => outcome === 'DONE')).toBe(true);
      };
      await sent(10);
      const few = await postingWorkOf(owner, world.from, world.to);
      await sent(490);
      expect(await postingWorkOf(owner, world.from, world.to)).toEqual(few);
    } finally {
      await owner.end();
    }
  });

  it('that is dated back leaves balances right: on the time it was recorded, on the time it counts from, and now', async () => {
    const { operator } = world.accounting;
    world.payFrom(await world.accounting.accountWith(operator, '1000'));
    const back = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    for (const [amount, hours] of [
      ['10', 48],
      ['5', 24],
      ['7', 72],
    ] as const) {
      idOf(await pay(amount, { effectiveAt: back(hours) }, operator), 'transfer');
    }
    idOf(await pay('1', {}, operator), 'transfer');
    const at = async (hours: number, basis: string) => {
      const { data } = await world.accounting.call<{ account: { balanceAt: { posted: { amount: string } } } }>(
        'query ($id: ID!, $at: DateTime!, $basis: BalanceBasis) { account(id: $id) { balanceAt(at: $at, basis: $basis) { posted { amount } } } }',
        { id: world.to, at: back(hours), basis },
        as(world.bob),
      );
      return data?.account.balanceAt.posted.amount;
    };
    expect(await Promise.all([80, 60, 36, 12].map((hours) => at(hours, 'EFFECTIVE')))).toEqual(['0', '7', '17', '22']);
    expect(await Promise.all([80, 60, 36, 12].map((hours) => at(hours, 'RECORDED')))).toEqual(['0', '0', '0', '0']);
    expect((await world.accounting.balanceOf(world.to, world.bob)).posted).toBe('23');
    expect((await world.accounting.balanceOf(world.from, operator)).posted).toBe('977');
  });

  it('whose credit fails leaves no half: the debit is not there either', async () => {
    const closed = await world.accounting.accountWith(world.bob, '0');
    const closing = { idempotencyKey: undefined, accountId: closed };
    await world.accounting.mutate('closeAccount', closing, 'account { id }', as(world.bob));
    const full = await world.accounting.accountWith(world.bob, '0');
    for (let n = 0; n < 9; n += 1) {
      const input = { accountId: full, amount: credit('1000000000000'), description: 'x' };
      idOf(
        await world.accounting.mutate('deposit', input, 'transfer { id }', as(world.accounting.operator)),
        'transfer',
      );
    }
    const rich = await world.accounting.accountWith(world.alice, '0');
    await overdraft(rich, '1000000000000');
    const rows = () => world.accounting.sql('SELECT sequence FROM chain_head');
    const before = await rows();
    expect(codeOf(await pay('1', { creditAccountId: closed }))).toBe('ACCOUNT_CLOSED');
    expect(codeOf(await pay('1', { creditAccountId: newId('account') }))).toBe('NOT_FOUND');
    expect(codeOf(await pay('1000000000000', { debitAccountId: rich, creditAccountId: full }))).toBe(
      'AMOUNT_TOO_LARGE',
    );
    expect(await rows()).toEqual(before);
    expect((await balances())[0]).toMatchObject({ posted: '1000' });
    expect((await world.accounting.balanceOf(rich, world.alice)).posted).toBe('0');
  });
});

describe('an overdue hold', () => {
  it('does not stay: its money is free at once, nobody captures it, and it is EXPIRED wherever it is read', async () => {
    const holdId = idOf(await hold('1000'), 'hold');
    await world.accounting.sql(`UPDATE hold SET expires_at = clock_timestamp() - interval '1 second' WHERE id = $1`, [
      holdId,
    ]);
    expect((await balances())[0]).toMatchObject({ held: '0', available: '1000' });
    const seen = await world.accounting.call(
      'query ($id: ID!) { hold(id: $id) { status } }',
      { id: holdId },
      as(world.alice),
    );
    expect(seen.data).toEqual({ hold: { status: 'EXPIRED' } });
    expect(codeOf(await capture(holdId, '1'))).toBe('HOLD_EXPIRED');
    expect(codeOf(await pay('1000'))).toBe('DONE');
  });
});

describe('receipts and refunds', () => {
  it('are given through the API: a receipt for what was captured, a refund linked both ways', async () => {
    const captured = await capture(
      idOf(await hold('10'), 'hold'),
      '4',
      'transfer { id } receipt { id number proof amount { amount } transfer { id } }',
    );
    const transferId = idOf(captured, 'transfer');
    expect(captured.payload?.['receipt']).toMatchObject({
      id: expect.stringMatching(/^rcp_/),
      amount: { amount: '4' },
      proof: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      transfer: { id: transferId },
    });
    const refundId = idOf(await reverse(transferId), 'transfer');
    const { data } = await world.accounting.call(
      'query ($id: ID!) { transfer(id: $id) { kind reversedBy { id kind reversalOf { id } } } }',
      { id: transferId },
      as(world.alice),
    );
    expect(data).toEqual({
      transfer: { kind: 'CAPTURE', reversedBy: [{ id: refundId, kind: 'REVERSAL', reversalOf: { id: transferId } }] },
    });
    expect(await balances()).toMatchObject([{ posted: '1000', held: '0' }, { posted: '0' }]);
  });
});

describe('prices', () => {
  it('are published, not built in: the same use costs what the cluster’s rates said when it was used', async () => {
    const cluster = await newCluster(world.accounting);
    const other = await newCluster(world.accounting);
    const dear = pricesOf('standard').map((rate) => ({ ...rate, price: credit('2.5') }));
    const now = new Date().toISOString();
    idOf(await publish(world.accounting, other.clusterId, { rates: dear }), 'rateCard');
    const use = (name: string, more: object = {}) =>
      record(name, { user: world.alice.userId, account: world.from, ...more });
    expect(inShort(await send(world.accounting, cluster, [use('a')]))).toEqual(['RECORDED 1']);
    expect(inShort(await send(world.accounting, other, [use('a')]))).toEqual(['RECORDED 1']);
    await world.accounting.sql(
      `UPDATE rate_card SET valid_from = $2::timestamptz - interval '3 hours' WHERE cluster_id = $1 AND valid_from > $2::timestamptz - interval '1 hour'`,
      [other.clusterId, now],
    );
    expect(inShort(await send(world.accounting, other, [use('b')]))).toEqual(['RECORDED 2.5']);
  });
});

describe('the numbers', () => {
  it('two accounts with an overdraft of 1,500,000: a transfer gives -v/+v, its refund restores both exactly', async () => {
    world.payFrom(await world.accounting.accountWith(world.alice, '0'));
    await overdraft(world.from, '1500000');
    const v = '1234567.654321';
    const transferId = idOf(await pay(v), 'transfer');
    expect(await balances()).toMatchObject([{ posted: `-${v}`, available: '265432.345679' }, { posted: v }]);
    idOf(await reverse(transferId), 'transfer');
    expect(await balances()).toMatchObject([{ posted: '0', available: '1500000' }, { posted: '0' }]);
  });

  it('a hold of v: the payer has held v, the payee incoming v; captured r: -r/+r, held and incoming 0', async () => {
    world.payFrom(await world.accounting.accountWith(world.alice, '0'));
    await overdraft(world.from, '1500000');
    const holdId = idOf(await hold('100.5'), 'hold');
    expect(await balances()).toMatchObject([
      { posted: '0', held: '100.5' },
      { posted: '0', incoming: '100.5' },
    ]);
    idOf(await capture(holdId, '99.25'), 'transfer');
    expect(await balances()).toMatchObject([
      { posted: '-99.25', held: '0' },
      { posted: '99.25', incoming: '0' },
    ]);
  });

  it('500 transfers and 100 holds of 5 captured at 2 each: -(sum + 200)/+(sum + 200)', async () => {
    world.payFrom(await world.accounting.accountWith(world.alice, '0'));
    await overdraft(world.from, '1500000');
    let sum = 0;
    await Promise.all([
      ...Array.from({ length: 500 }, async (_, n) => {
        sum += n + 1;
        expect(codeOf(await pay(String(n + 1)))).toBe('DONE');
      }),
      ...Array.from({ length: 100 }, async () => {
        idOf(await capture(idOf(await hold('5'), 'hold'), '2'), 'transfer');
      }),
    ]);
    expect(await balances()).toMatchObject([
      { posted: `-${sum + 200}`, held: '0' },
      { posted: String(sum + 200), incoming: '0' },
    ]);
  });

  it('a balance of 100 with 60 held lets 40 more go, and not a millionth beyond', async () => {
    world.payFrom(await world.accounting.accountWith(world.alice, '100'));
    idOf(await hold('60'), 'hold');
    expect(codeOf(await pay('40.000001'))).toBe('INSUFFICIENT_FUNDS');
    expect(codeOf(await pay('40'))).toBe('DONE');
    expect(codeOf(await pay('0.000001'))).toBe('INSUFFICIENT_FUNDS');
  });

  it('an overdraft of 150 lets 150 pass and 150.000001 not', async () => {
    world.payFrom(await world.accounting.accountWith(world.alice, '0'));
    await overdraft(world.from, '150');
    expect(codeOf(await pay('150.000001'))).toBe('INSUFFICIENT_FUNDS');
    expect(codeOf(await pay('150'))).toBe('DONE');
  });

  it('5 workers with 10 transfers each are exact', async () => {
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        for (let n = 0; n < 10; n += 1) expect(codeOf(await pay('1.000001'))).toBe('DONE');
      }),
    );
    expect(await balances()).toMatchObject([{ posted: '949.99995' }, { posted: '50.00005' }]);
  });
});

describe('a statement', () => {
  it('exists: opening + entries = closing', async () => {
    await pay('1.5');
    await pay('2.25');
    const { data } = await world.accounting.call(
      `query ($id: ID!) { account(id: $id) { statement { opening { amount } closing { amount } entries { nodes { amount { amount } } } } } }`,
      { id: world.to },
      as(world.bob),
    );
    expect(data).toEqual({
      account: {
        statement: {
          opening: { amount: '0' },
          closing: { amount: '3.75' },
          entries: { nodes: [{ amount: { amount: '1.5' } }, { amount: { amount: '2.25' } }] },
        },
      },
    });
  });
});
