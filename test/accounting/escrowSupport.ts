import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { type AccountingHarness, credit, idOf, type Outcome, type TestPerson } from './support.js';

/** As access in its own name. */
export const access = { as: 'access' } as const;
const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const through = async (person: TestPerson) => ({ as: 'access' as const, token: await person.actingAs('access') });

/** A grant whose escrow was paid for. */
export interface PaidGrant {
  readonly payer: string;
  readonly grantId: string;
  readonly escrow: string;
  /** The first invoice. */
  readonly invoice: string;
}

/** An escrow that so much was paid into, from an account with 100 CREDIT; its window is an hour. */
export async function openPaidGrant(
  accounting: AccountingHarness,
  person: TestPerson,
  amount = '30',
): Promise<PaidGrant> {
  const payer = await accounting.accountWith(person, '100');
  const grantId = newId('grant');
  const input = {
    grantId,
    holderId: person.userId,
    payerAccountId: payer,
    payeeAccountId: wellKnown.accountRevenueLocal,
    amount: credit(amount),
    holdExpiresInSeconds: 3_600,
    startsAt: inHours(-1),
    endsAt: inHours(1),
  };
  const opened = await accounting.mutate('openEscrow', input, 'account { id } hold { id }', await through(person));
  const invoice = await payHold(accounting, idOf(opened, 'hold'), amount);
  return { payer, grantId, escrow: idOf(opened, 'account'), invoice };
}

/** One line of an invoice. */
export const linesOf = (amount: string) => [
  { description: 'x', quantity: '1', unitPrice: credit(amount), amount: credit(amount) },
];

/** Invoices and captures what fills an escrow. @returns the invoice */
export async function payHold(accounting: AccountingHarness, holdId: string, amount: string): Promise<string> {
  const prepayment = { holdId, lines: linesOf(amount) };
  const invoice = idOf(await accounting.mutate('issuePrepayment', prepayment, 'invoice { id }', access), 'invoice');
  const capture = { holdId, amount: credit(amount) };
  const { payload } = await accounting.mutate('captureHold', capture, 'hold { id status }', access);
  if ((payload?.['hold'] as { status: string } | null)?.status !== 'CAPTURED') throw new Error(JSON.stringify(payload));
  return invoice;
}

/** 10 CREDIT and an hour more. */
export const extensionOf = ({ grantId, payer }: PaidGrant, over: object = {}) => ({
  extensionId: newId('extension'),
  grantId,
  payerAccountId: payer,
  amount: credit('10'),
  holdExpiresInSeconds: 3_600,
  endsAt: inHours(2),
  ...over,
});

/** Extends as access does for a person. */
export const extendGrant = async (
  accounting: AccountingHarness,
  input: Record<string, unknown>,
  person: TestPerson,
): Promise<Outcome> =>
  accounting.mutate('extendEscrow', input, 'account { id } hold { id status }', await through(person));

/** Ends a grant of which so much was earned by time. */
export const closeGrant = (accounting: AccountingHarness, accountId: string, earned = '0'): Promise<Outcome> =>
  accounting.mutate(
    'closeEscrow',
    { accountId, earnedSoFar: credit(earned) },
    'account { status } transfer { invoice { id } } refund { amount { amount } credit { id } } creditNote { id }',
    access,
  );
