import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { type AccountingHarness, credit, idOf, startAccountingHarness, type TestPerson } from '../support.js';

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
const line = (amount: string, description = 'Beam time') => ({
  description,
  quantity: '1',
  unitPrice: credit(amount),
  amount: credit(amount),
});
const SELECTION =
  'invoice { id number kind status voidReason total { amount unit } lines { description amount { amount } } }';

const issue = (payer: string, payee: string, lines: object[], person = bob) =>
  accounting.mutate('issueInvoice', { payer, payee, lines }, SELECTION, as(person));
const pay = (invoiceId: string, person = alice, key?: string) =>
  accounting.mutate(
    'payInvoice',
    { invoiceId, ...(key === undefined ? {} : { idempotencyKey: key }) },
    'invoice { status receipts { id } } transfer { id kind amount { amount } invoice { id } } receipt { id number proof }',
    as(person),
  );
const withdraw = (invoiceId: string, person = bob, reason = 'A mistake') =>
  accounting.mutate('voidInvoice', { invoiceId, reason }, SELECTION, as(person));

describe('an invoice of one’s own', () => {
  it('is issued with exact sums and numbers without gaps, and paid with a receipt', async () => {
    const payer = await accounting.accountWith(alice, '10');
    const payee = await accounting.accountWith(bob, '0');
    const many = Array.from({ length: 100 }, () => line('0.000001'));
    const first = await issue(payer, payee, many);
    expect(first.payload?.['invoice']).toMatchObject({
      number: '000001',
      kind: 'INVOICE',
      status: 'ISSUED',
      voidReason: null,
      total: { amount: '0.0001', unit: 'CREDIT' },
    });
    const second = await issue(payer, payee, [line('3.3'), line('0')]);
    expect(second.payload?.['invoice']).toMatchObject({ number: '000002', total: { amount: '3.3' } });
    const invoiceId = idOf(second, 'invoice');
    const paid = await pay(invoiceId, alice, 'pay-once');
    expect(paid.payload).toMatchObject({
      invoice: { status: 'PAID', receipts: [{ id: idOf(paid, 'receipt') }] },
      transfer: { kind: 'TRANSFER', amount: { amount: '3.3' }, invoice: { id: invoiceId } },
      receipt: { number: '000001', proof: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) },
    });
    const again = await pay(invoiceId, alice, 'pay-once');
    expect(idOf(again, 'transfer')).toBe(idOf(paid, 'transfer'));
    expect((await pay(invoiceId)).payload?.refusal?.code).toBe('INVOICE_PAID');
    expect((await withdraw(invoiceId)).payload?.refusal?.code).toBe('INVOICE_PAID');
    expect((await accounting.balanceOf(payer, alice)).posted).toBe('6.7');
    expect((await accounting.balanceOf(payee, bob)).posted).toBe('3.3');
  });

  it('is withdrawn by the payee alone, and then not paid; its number stays used', async () => {
    const payer = await accounting.accountWith(alice, '10');
    const payee = await accounting.accountWith(bob, '0');
    const invoiceId = idOf(await issue(payer, payee, [line('1')]), 'invoice');
    expect((await withdraw(invoiceId, alice)).fault).toBe('FORBIDDEN');
    expect((await withdraw(invoiceId, accounting.operator)).fault).toBe('FORBIDDEN');
    expect((await withdraw(invoiceId, await accounting.newPerson())).fault).toBe('NOT_FOUND');
    expect((await withdraw(invoiceId, bob, '')).payload?.refusal?.code).toBe('INVALID_INPUT');
    const withdrawn = await withdraw(invoiceId);
    expect(withdrawn.payload?.['invoice']).toMatchObject({ status: 'VOID', voidReason: 'A mistake' });
    expect((await withdraw(invoiceId)).payload?.refusal?.code).toBe('INVOICE_VOID');
    expect((await pay(invoiceId)).payload?.refusal?.code).toBe('INVOICE_VOID');
    const next = await issue(payer, payee, [line('1')]);
    const number = ({ payload }: typeof next) => {
      const invoice = payload?.['invoice'] as { readonly number: string } | null;
      return Number(invoice?.number);
    };
    expect(number(next)).toBe(number(withdrawn) + 1);
    for (const unknown of [newId('invoice'), newId('account'), ''])
      expect((await withdraw(unknown)).fault).toBe('NOT_FOUND');
  });

  it('is paid once by twenty calls at a time, from what the payer has', async () => {
    const payer = await accounting.accountWith(alice, '4');
    const payee = await accounting.accountWith(bob, '0');
    const invoiceId = idOf(await issue(payer, payee, [line('3')]), 'invoice');
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => pay(invoiceId)));
    expect(outcomes.filter(({ payload }) => payload?.refusal === null)).toHaveLength(1);
    expect(new Set(outcomes.flatMap(({ payload }) => payload?.refusal?.code ?? []))).toEqual(new Set(['INVOICE_PAID']));
    expect((await accounting.balanceOf(payer, alice)).posted).toBe('1');
    const dear = idOf(await issue(payer, payee, [line('3')]), 'invoice');
    expect((await pay(dear)).payload?.refusal?.code).toBe('INSUFFICIENT_FUNDS');
    expect((await pay(dear, bob)).fault).toBe('FORBIDDEN');
    expect((await pay(dear, await accounting.newPerson())).fault).toBe('NOT_FOUND');
  });

  it('is refused where it makes no sense', async () => {
    const payer = await accounting.accountWith(alice, '1');
    const payee = await accounting.accountWith(bob, '0');
    const code = async (lines: object[], from = payer, to = payee) =>
      (await issue(from, to, lines)).payload?.refusal?.code;
    expect(await code([])).toBe('INVALID_INPUT');
    expect(await code(Array.from({ length: 101 }, () => line('1')))).toBe('INVALID_INPUT');
    expect(await code([line('0')])).toBe('AMOUNT_NOT_POSITIVE');
    expect(await code([line('-1')])).toBe('AMOUNT_NOT_POSITIVE');
    expect(await code([line('0.0000001')])).toBe('AMOUNT_TOO_PRECISE');
    expect(await code([line('1000000000000'), line('0.000001')])).toBe('AMOUNT_TOO_LARGE');
    expect(await code([line('1'), { ...line('1'), amount: { amount: '1', unit: 'OTHER' } }])).toBe('UNIT_MISMATCH');
    const other = { amount: '1', unit: 'OTHER' };
    expect(await code([{ ...line('1'), amount: other, unitPrice: other }])).toBe('UNIT_MISMATCH');
    expect(await code([line('1')], payee)).toBe('ACCOUNTS_MUST_DIFFER');
    expect(await code([line('1')], wellKnown.accountIssuance)).toBe('ACCOUNT_TAKES_NO_TRANSFERS');
    expect((await issue(newId('account'), payee, [line('1')])).fault).toBe('NOT_FOUND');
    expect((await issue('nonsense', payee, [line('1')])).fault).toBe('NOT_FOUND');
    expect((await issue(payee, payer, [line('1')])).fault).toBe('NOT_FOUND');
    expect((await issue(payer, payee, [line('1')], accounting.operator)).fault).toBe('FORBIDDEN');
    const anonymous = { payer, payee, lines: [line('1')] };
    expect((await accounting.mutate('issueInvoice', anonymous, SELECTION, {})).fault).toBe('UNAUTHENTICATED');
  });

  it('leaves the invoice of a request for access to the request', async () => {
    const payer = await accounting.accountWith(alice, '5');
    const opened = await accounting.mutate(
      'openEscrow',
      {
        grantId: newId('grant'),
        holderId: alice.userId,
        payerAccountId: payer,
        payeeAccountId: wellKnown.accountRevenueLocal,
        amount: credit('2'),
        holdExpiresInSeconds: 600,
        startsAt: new Date(Date.now() - 60_000).toISOString(),
        endsAt: new Date(Date.now() + 600_000).toISOString(),
      },
      'hold { id }',
      { as: 'access', token: await alice.actingAs('access') },
    );
    const input = { holdId: idOf(opened, 'hold'), lines: [line('2')] };
    const issued = await accounting.mutate('issuePrepayment', input, 'invoice { id }', { as: 'access' });
    expect((await pay(idOf(issued, 'invoice'))).payload?.refusal?.code).toBe('INVOICE_SETTLED_ELSEWHERE');
  });
});
