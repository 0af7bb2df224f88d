import { afterAll, beforeAll, expect, vi } from 'vitest';
import { as } from './moneyWorld.js';
import {
  type AccountingHarness,
  credit,
  idOf,
  type Outcome,
  startAccountingHarness,
  type TestPerson,
} from './support.js';
import { newCluster, type TestCluster } from './usageSupport.js';

/** Accounting with two operators, of whom the second approves what the first proposes between Alice's account and Bob's. */
interface AdjustmentWorld {
  readonly accounting: AccountingHarness;
  readonly cluster: TestCluster;
  readonly proposer: TestPerson;
  readonly second: TestPerson;
  readonly alice: TestPerson;
  readonly bob: TestPerson;
  /** Alice's account, with 1,000 CREDIT. */
  readonly from: string;
  /** Bob's. */
  readonly to: string;
  makeOperator(person: TestPerson): Promise<void>;
  propose(more?: object, person?: TestPerson): Promise<Outcome>;
  /** The id of one that must be proposed. */
  proposed(more?: object): Promise<string>;
  approve(adjustmentId: string, person?: TestPerson, more?: object): Promise<Outcome>;
  reject(adjustmentId: string, person?: TestPerson, reason?: string): Promise<Outcome>;
  /** The id of a proposal to forgive so much of what an account owes. */
  waiver(debitAccountId: string, amount: string): Promise<string>;
}

/** What tests look at of an adjustment. */
export const VIEW = `adjustment { id kind status amount { amount } reason proposedBy { id } decidedBy { id } rejection waived { amount }
  transfer { id kind amount { amount } description debit { id } credit { id } } }`;

/** Starts one for the tests of a file, and checks the ledger's invariants when they have run. */
export function adjustmentWorld(): AdjustmentWorld {
  let accounting: AccountingHarness;
  let cluster: TestCluster;
  let second: TestPerson;
  let alice: TestPerson;
  let bob: TestPerson;
  let from: string;
  let to: string;
  const makeOperator = async (person: TestPerson): Promise<void> => {
    accounting.identity.publish({ kind: 'USER', subject: person.userId, state: 'ACTIVE', data: { operator: true } });
    await vi.waitFor(
      async () => expect((await accounting.call('{ verifyLedger { sound } }', {}, as(person))).errors).toEqual([]),
      { timeout: 10_000 },
    );
  };
  beforeAll(async () => {
    accounting = await startAccountingHarness();
    second = await accounting.newPerson();
    alice = await accounting.newPerson();
    bob = await accounting.newPerson();
    await makeOperator(second);
    from = await accounting.accountWith(alice, '1000');
    to = await accounting.accountWith(bob, '0');
    cluster = await newCluster(accounting);
  });
  afterAll(() => accounting.stop());
  const propose: AdjustmentWorld['propose'] = (more = {}, person = accounting.operator) =>
    accounting.mutate(
      'proposeAdjustment',
      { debitAccountId: from, creditAccountId: to, amount: credit('10'), reason: 'Billed twice in May', ...more },
      VIEW,
      as(person),
    );
  const proposed = async (more: object = {}) => idOf(await propose(more), 'adjustment');
  return {
    get accounting() {
      return accounting;
    },
    get cluster() {
      return cluster;
    },
    get proposer() {
      return accounting.operator;
    },
    get second() {
      return second;
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
    makeOperator,
    propose,
    proposed,
    approve: (adjustmentId, person = second, more = {}) =>
      accounting.mutate('approveAdjustment', { adjustmentId, ...more }, VIEW, as(person)),
    reject: (adjustmentId, person = second, reason = 'No') =>
      accounting.mutate('rejectAdjustment', { idempotencyKey: undefined, adjustmentId, reason }, VIEW, as(person)),
    waiver: (debitAccountId, amount) =>
      proposed({ kind: 'WAIVER', debitAccountId, creditAccountId: undefined, amount: credit(amount) }),
  };
}
