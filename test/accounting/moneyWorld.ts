import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type AccountingHarness, credit, type Outcome, startAccountingHarness, type TestPerson } from './support.js';

/** Accounting with two people, each with an account that is fresh for every test: Alice has money, Bob is paid. */
export interface MoneyWorld {
  readonly accounting: AccountingHarness;
  readonly alice: TestPerson;
  readonly bob: TestPerson;
  /** Alice's account. */
  readonly from: string;
  /** Bob's. */
  readonly to: string;
  /** Has Alice pay from another account in this test. */
  payFrom(accountId: string): void;
  pay(amount: string, more?: object, person?: TestPerson): Promise<Outcome>;
  hold(amount: string, more?: object): Promise<Outcome>;
  /** As Bob. */
  capture(holdId: string, amount: string, selection?: string): Promise<Outcome>;
  /** What is on both. */
  balances(): Promise<readonly Readonly<Record<string, string>>[]>;
}

/** How a person calls. */
export const as = ({ token }: { readonly token: string }) => ({ token });

/** What came of a mutation, in short: DONE, or the code. */
export const codeOf = ({ payload, fault }: Outcome): string => fault ?? payload?.refusal?.code ?? 'DONE';

/** Starts one for the tests of a file, and checks the ledger's invariants when they have run. @param funds what Alice has */
export function moneyWorld(funds: string): MoneyWorld {
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
    from = await accounting.accountWith(alice, funds);
    to = await accounting.accountWith(bob, '0');
  });
  afterAll(() => accounting.stop());
  return {
    get accounting() {
      return accounting;
    },
    get alice() {
      return alice;
    },
    get bob() {
      return bob;
    },
    get from() {
      return from;
    },
    get to() {
      return to;
    },
    payFrom(accountId) {
      from = accountId;
    },
    pay: (amount, more = {}, person = alice) =>
      accounting.mutate(
        'transfer',
        { debitAccountId: from, creditAccountId: to, amount: credit(amount), description: 'x', ...more },
        'transfer { id }',
        as(person),
      ),
    hold: (amount, more = {}) =>
      accounting.mutate(
        'placeHold',
        { debitAccountId: from, creditAccountId: to, amount: credit(amount), reason: 'x', ...more },
        'hold { id }',
        as(alice),
      ),
    capture: (holdId, amount, selection = 'transfer { id }') =>
      accounting.mutate('captureHold', { holdId, amount: credit(amount) }, selection, as(bob)),
    balances: async () => [await accounting.balanceOf(from, alice), await accounting.balanceOf(to, bob)],
  };
}
