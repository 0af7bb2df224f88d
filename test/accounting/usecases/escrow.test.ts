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

describe('an escrow, from openEscrow to closeEscrow', () => {
  const window = () => ({
    startsAt: new Date(Date.now() - 60_000).toISOString(),
    endsAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  const openInput = (payerAccountId: string, change: object = {}) => ({
    grantId: newId('grant'),
    holderId: alice.userId,
    payerAccountId,
    payeeAccountId: wellKnown.accountRevenueLocal,
    amount: credit('30'),
    holdExpiresInSeconds: 3_600,
    ...window(),
    ...change,
  });
  const open = async (payerAccountId: string, change: object = {}) =>
    accounting.mutate('openEscrow', openInput(payerAccountId, change), 'account { id kind } hold { id status }', {
      as: 'access',
      token: await alice.actingAs('access'),
    });
  const lines = (amount: string) => [
    { description: 'GiB-months', quantity: '30', unitPrice: credit('1'), amount: credit(amount) },
  ];
  const access = { as: 'access' } as const;

  it('runs as requestAccess, submitJob and endGrant do', async () => {
    const payer = await accounting.accountWith(alice, '100');
    const opened = await open(payer);
    const escrow = idOf(opened, 'account');
    const holdId = idOf(opened, 'hold');
    expect(opened.payload).toMatchObject({ account: { kind: 'ESCROW' }, hold: { status: 'OPEN' } });

    const issued = await accounting.mutate(
      'issuePrepayment',
      { holdId, lines: lines('30') },
      'invoice { id number kind status total { amount } lines { description quantity amount { amount } } payer { id } payee { id } }',
      access,
    );
    expect(issued.payload?.['invoice']).toMatchObject({
      number: expect.stringMatching(/^[0-9]{6}$/),
      kind: 'INVOICE',
      status: 'ISSUED',
      total: { amount: '30' },
      lines: [{ description: 'GiB-months', quantity: '30', amount: { amount: '30' } }],
      payer: { id: payer },
      payee: { id: wellKnown.accountRevenueLocal },
    });
    const invoiceId = idOf(issued, 'invoice');

    const captured = await accounting.mutate(
      'captureHold',
      { holdId, amount: credit('30'), final: true },
      'transfer { invoice { id status } } receipt { id number amount { amount unit } proof }',
      access,
    );
    expect(captured.payload).toMatchObject({
      transfer: { invoice: { id: invoiceId, status: 'PAID' } },
      receipt: { amount: { amount: '30', unit: 'CREDIT' } },
    });

    const job = {
      debitAccountId: escrow,
      creditAccountId: wellKnown.accountRevenueLocal,
      amount: credit('10'),
      reason: 'Job',
    };
    const token = await alice.actingAs('compute');
    const held = await accounting.mutate('placeHold', job, 'hold { id }', { as: 'compute', token });
    const jobHold = idOf(held, 'hold');
    expect((await accounting.mutate('placeHold', job, 'hold { id }', as(alice))).fault).toBe('FORBIDDEN');
    const bobs = await bob.actingAs('compute');
    expect((await accounting.mutate('placeHold', job, 'hold { id }', { as: 'compute', token: bobs })).fault).toBe(
      'NOT_FOUND',
    );
    const accessToken = await alice.actingAs('access');
    expect((await accounting.mutate('placeHold', job, 'hold { id }', { as: 'access', token: accessToken })).fault).toBe(
      'FORBIDDEN',
    );
    const astray = { ...job, creditAccountId: payer };
    expect(
      (await accounting.mutate('placeHold', astray, 'hold { id }', { as: 'compute', token })).payload?.refusal?.code,
    ).toBe('ESCROW_WRONG_PAYEE');
    expect(
      (await accounting.mutate('captureHold', { holdId: jobHold, amount: credit('2') }, 'transfer { id }', access))
        .fault,
    ).toBe('FORBIDDEN');

    const close = { accountId: escrow, earnedSoFar: credit('0.333333') };
    expect((await accounting.mutate('closeEscrow', close, 'account { id }', access)).payload?.refusal?.code).toBe(
      'ACCOUNT_NOT_EMPTY',
    );
    const settled = await accounting.mutate(
      'captureHold',
      { holdId: jobHold, amount: credit('2.5') },
      'transfer { amount { amount } } hold { status }',
      { as: 'compute' },
    );
    expect(settled.payload).toMatchObject({ transfer: { amount: { amount: '2.5' } }, hold: { status: 'CAPTURED' } });

    const closed = await accounting.mutate(
      'closeEscrow',
      close,
      'account { status balance { posted { amount } } } transfer { kind amount { amount } } refund { kind amount { amount } credit { id } invoice { id } } creditNote { id kind total { amount } }',
      access,
    );
    expect(closed.payload).toMatchObject({
      account: { status: 'CLOSED', balance: { posted: { amount: '0' } } },
      transfer: { kind: 'USAGE', amount: { amount: '0.333333' } },
      refund: { kind: 'REFUND', amount: { amount: '27.166667' }, credit: { id: payer } },
      creditNote: { kind: 'CREDIT_NOTE', total: { amount: '27.166667' } },
    });
    expect((await accounting.balanceOf(payer, alice)).posted).toBe('97.166667');

    const query = `query ($id: ID!) { invoice(id: $id) { status receipts { number transfer { id } } credits { id total { amount } } } }`;
    expect((await accounting.call(query, { id: invoiceId }, as(alice))).data).toMatchObject({
      invoice: { status: 'PAID', receipts: [{}], credits: [{ total: { amount: '27.166667' } }] },
    });
    expect((await accounting.call(query, { id: invoiceId }, as(bob))).errors[0]?.extensions.code).toBe('NOT_FOUND');
    const late = await accounting.mutate('voidPrepayment', { holdId }, 'invoice { id }', access);
    expect(late.payload?.refusal?.code).toBe('INVOICE_PAID');
  });

  it('is undone by voiding and releasing', async () => {
    const payer = await accounting.accountWith(alice, '100');
    const opened = await open(payer);
    const holdId = idOf(opened, 'hold');
    const none = await accounting.mutate('voidPrepayment', { holdId }, 'invoice { id }', access);
    expect(none).toEqual({ payload: { invoice: null, refusal: null }, fault: null });
    await accounting.mutate('issuePrepayment', { holdId, lines: lines('30') }, 'invoice { id }', access);
    const again = await accounting.mutate('issuePrepayment', { holdId, lines: lines('30') }, 'invoice { id }', access);
    expect(again.payload?.refusal?.code).toBe('ALREADY_INVOICED');
    const voided = await accounting.mutate('voidPrepayment', { holdId }, 'invoice { status }', access);
    expect(voided.payload?.['invoice']).toEqual({ status: 'VOID' });
    const released = await accounting.mutate('releaseHold', { holdId }, 'hold { status }', access);
    expect(released.payload?.['hold']).toEqual({ status: 'RELEASED' });
    expect(await accounting.balanceOf(payer, alice)).toMatchObject({ posted: '100', held: '0' });
  });

  it('is abandoned by its grant alone', async () => {
    const payer = await accounting.accountWith(alice, '100');
    const grantId = newId('grant');
    const opened = await open(payer, { grantId });
    const selection = 'account { id status } hold { id status }';
    const abandoned = await accounting.mutate('abandonEscrow', { grantId }, selection, access);
    expect(abandoned.payload).toEqual({
      account: { id: idOf(opened, 'account'), status: 'CLOSED' },
      hold: { id: idOf(opened, 'hold'), status: 'RELEASED' },
      refusal: null,
    });
    const malformed = await accounting.mutate('abandonEscrow', { grantId: 'x' }, 'account { id }', access);
    expect(malformed.payload?.refusal).toMatchObject({ code: 'INVALID_INPUT', path: ['grantId'] });
  });

  it('leaves nothing where the money is short', async () => {
    const payer = await accounting.accountWith(alice, '29');
    const refused = await open(payer);
    expect(refused.payload).toMatchObject({
      account: null,
      hold: null,
      refusal: { code: 'INSUFFICIENT_FUNDS', shortfall: { amount: '1' }, account: { id: payer } },
    });
  });

  it.each([
    [{ grantId: 'x' }, ['grantId']],
    [{ holderId: 'x' }, ['holderId']],
    [{ endsAt: '2020-01-01T00:00:00Z' }, ['endsAt']],
    [{ holdExpiresInSeconds: 0 }, ['holdExpiresInSeconds']],
  ])('refuses %j with INVALID_INPUT', async (change, path) => {
    const payer = await accounting.accountWith(alice, '100');
    expect((await open(payer, change)).payload?.refusal).toMatchObject({ code: 'INVALID_INPUT', path });
  });

  it('refuses lines that add up to more than the hold', async () => {
    const payer = await accounting.accountWith(alice, '100');
    const holdId = idOf(await open(payer), 'hold');
    const wrong = await accounting.mutate('issuePrepayment', { holdId, lines: lines('31') }, 'invoice { id }', access);
    expect(wrong.payload?.refusal).toMatchObject({ code: 'INVALID_INPUT', path: ['lines'] });
    const empty = await accounting.mutate('issuePrepayment', { holdId, lines: [] }, 'invoice { id }', access);
    expect(empty.payload?.refusal).toMatchObject({ code: 'INVALID_INPUT', path: ['lines'] });
  });

  it('invoices and captures a part of what was reserved, and frees the rest', async () => {
    const payer = await accounting.accountWith(alice, '100');
    const holdId = idOf(await open(payer), 'hold');
    const issued = await accounting.mutate('issuePrepayment', { holdId, lines: lines('12') }, 'invoice { id }', access);
    const capture = { holdId, amount: credit('12'), final: true };
    const captured = await accounting.mutate('captureHold', capture, 'transfer { id }', access);
    expect(captured.payload).toMatchObject({ refusal: null });
    const invoice = 'query ($id: ID!) { invoice(id: $id) { status total { amount } } }';
    const shown = await accounting.call(invoice, { id: idOf(issued, 'invoice') }, as(alice));
    expect(shown.data).toEqual({ invoice: { status: 'PAID', total: { amount: '12' } } });
    expect(await accounting.balanceOf(payer, alice)).toMatchObject({ held: '0', available: '88' });
  });

  it('is for access alone', async () => {
    const payer = await accounting.accountWith(alice, '100');
    expect((await accounting.mutate('openEscrow', openInput(payer), 'hold { id }', as(alice))).fault).toBe('FORBIDDEN');
    expect((await accounting.mutate('openEscrow', openInput(payer), 'hold { id }', access)).fault).toBe('FORBIDDEN');
    const bobs = { as: 'access', token: await bob.actingAs('access') } as const;
    expect((await accounting.mutate('openEscrow', openInput(payer), 'hold { id }', bobs)).fault).toBe('NOT_FOUND');
    const holdId = idOf(await open(payer), 'hold');
    for (const [name, input] of Object.entries({
      issuePrepayment: { holdId, lines: lines('30') },
      voidPrepayment: { holdId },
      closeEscrow: { accountId: payer, earnedSoFar: credit('0') },
      abandonEscrow: { grantId: newId('grant') },
    })) {
      for (const options of [as(alice), as(accounting.operator), { as: 'compute' as const }]) {
        expect((await accounting.mutate(name, input, 'refusal { code }', options)).fault).toBe('FORBIDDEN');
      }
      expect((await accounting.mutate(name, input, 'refusal { code }', {})).fault).toBe('UNAUTHENTICATED');
    }
    expect(
      (await accounting.mutate('captureHold', { holdId, amount: credit('1') }, 'hold { id }', as(alice))).fault,
    ).toBe('FORBIDDEN');
    const close = { accountId: payer, earnedSoFar: credit('0') };
    expect((await accounting.mutate('closeEscrow', close, 'account { id }', access)).fault).toBe('NOT_FOUND');
  });
});
