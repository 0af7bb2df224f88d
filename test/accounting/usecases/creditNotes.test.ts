import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { closeGrant, extendGrant, extensionOf, openPaidGrant, type PaidGrant, payHold } from '../escrowSupport.js';
import { type AccountingHarness, credit, idOf, startAccountingHarness, type TestPerson } from '../support.js';

let accounting: AccountingHarness;
let alice: TestPerson;
let stranger: TestPerson;
beforeAll(async () => {
  accounting = await startAccountingHarness();
  alice = await accounting.newPerson();
  stranger = await accounting.newPerson();
});
afterAll(() => accounting.stop());

/** A grant that was paid by these amounts, one after the other. @returns it and the invoices, oldest first */
async function paidBy([first = '1', ...more]: readonly string[]): Promise<PaidGrant & { invoices: string[] }> {
  const grant = await openPaidGrant(accounting, alice, first);
  const invoices = [grant.invoice];
  for (const amount of more) {
    const extended = await extendGrant(accounting, extensionOf(grant, { amount: credit(amount) }), alice);
    invoices.push(await payHold(accounting, idOf(extended, 'hold'), amount));
  }
  return { ...grant, invoices };
}

/** A job that takes so much out of an escrow. */
async function use(escrow: string, amount: string): Promise<void> {
  const job = { debitAccountId: escrow, creditAccountId: wellKnown.accountRevenueLocal, reason: 'Job' };
  const held = await accounting.mutate('placeHold', { ...job, amount: credit(amount) }, 'hold { id }', {
    as: 'compute',
    token: await alice.actingAs('compute'),
  });
  const capture = { holdId: idOf(held, 'hold'), amount: credit(amount) };
  idOf(await accounting.mutate('captureHold', capture, 'transfer { id }', { as: 'compute' }), 'transfer');
}

interface Note {
  readonly total: { readonly amount: string };
  readonly lines: readonly {
    readonly amount: { readonly amount: string };
    readonly credits: { readonly id: string } | null;
  }[];
}
const noteOf = async (id: string): Promise<Note> => {
  const query = 'query ($id: ID!) { invoice(id: $id) { total { amount } lines { amount { amount } credits { id } } } }';
  const { data } = await accounting.call<{ invoice: Note }>(query, { id }, { token: alice.token });
  if (data === null) throw new Error('no credit note');
  return data.invoice;
};
const creditsOf = async (id: string, { token } = alice) => {
  const query = 'query ($id: ID!) { invoice(id: $id) { credits { id } } }';
  const { data, errors } = await accounting.call<{ invoice: { credits: { id: string }[] } | null }>(
    query,
    { id },
    { token },
  );
  return data?.invoice?.credits.map((note) => note.id) ?? errors[0]?.extensions.code;
};

describe('what a grant returns is credited to the invoices that paid for it, the newest first', () => {
  it.each<[string, string[], string, string, [number, string][]]>([
    ['one filling', ['30'], '0', '0', [[0, '30']]],
    [
      'two, nothing used',
      ['30', '10'],
      '0',
      '0',
      [
        [1, '10'],
        [0, '30'],
      ],
    ],
    [
      'two, used within the first',
      ['30', '10'],
      '0',
      '0.000001',
      [
        [1, '10'],
        [0, '29.999999'],
      ],
    ],
    ['two, the first used up exactly', ['30', '10'], '30', '0', [[1, '10']]],
    ['two, used into the second', ['30', '10'], '20.5', '12.25', [[1, '7.25']]],
    [
      'three, nothing used',
      ['5', '7.000001', '11'],
      '0',
      '0',
      [
        [2, '11'],
        [1, '7.000001'],
        [0, '5'],
      ],
    ],
    [
      'three, used into the second',
      ['5', '7.000001', '11'],
      '5.5',
      '0.333333',
      [
        [2, '11'],
        [1, '6.166668'],
      ],
    ],
    ['three, the last unit left', ['5', '7.000001', '11'], '20', '3', [[2, '0.000001']]],
  ])('%s', async (_what, fillings, used, earned, expected) => {
    const grant = await paidBy(fillings);
    if (used !== '0') await use(grant.escrow, used);
    const closed = await closeGrant(accounting, grant.escrow, earned);
    const noteId = idOf(closed, 'creditNote');
    const note = await noteOf(noteId);
    expect(note.lines).toEqual(
      expected.map(([nth, amount]) => ({ amount: { amount }, credits: { id: grant.invoices[nth] } })),
    );
    expect(closed.payload).toMatchObject({ refund: { amount: note.total, credit: { id: grant.payer } } });
    for (const [nth, invoice] of grant.invoices.entries()) {
      expect(await creditsOf(invoice)).toEqual(expected.some(([credited]) => credited === nth) ? [noteId] : []);
    }
    const names = fillings.length === 1 ? { invoice: { id: grant.invoice } } : { invoice: null };
    if (earned !== '0') expect(closed.payload?.['transfer']).toEqual(names);
  });

  it('where nothing is left there is no credit note, and of what was used up no line', async () => {
    const grant = await paidBy(['30', '10']);
    await use(grant.escrow, '40');
    expect((await closeGrant(accounting, grant.escrow)).payload).toMatchObject({ refund: null, creditNote: null });
    for (const invoice of grant.invoices) expect(await creditsOf(invoice)).toEqual([]);
  });

  it('an extension that was given up has no part in it', async () => {
    const grant = await paidBy(['30']);
    const wish = extensionOf(grant);
    await extendGrant(accounting, wish, alice);
    const { extensionId, grantId } = wish;
    await accounting.mutate('abandonExtension', { extensionId, grantId }, 'hold { id }', { as: 'access' });
    const { lines } = await noteOf(idOf(await closeGrant(accounting, grant.escrow, '1'), 'creditNote'));
    expect(lines).toEqual([{ amount: { amount: '29' }, credits: { id: grant.invoice } }]);
  });

  it('is seen by whoever sees the invoices alone', async () => {
    const grant = await paidBy(['30', '10']);
    const noteId = idOf(await closeGrant(accounting, grant.escrow), 'creditNote');
    for (const id of [noteId, ...grant.invoices]) expect(await creditsOf(id, stranger)).toBe('NOT_FOUND');
  });
});
