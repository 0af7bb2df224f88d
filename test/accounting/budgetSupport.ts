import { vi } from 'vitest';
import { membershipSubject } from '../../platform/auth/memberships.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import type { CallOptions } from '../support/subgraph.js';
import { type AccountingHarness, credit, idOf, type Outcome, type TestPerson } from './support.js';

/** A budget as tests look at it, amounts as decimals. */
export interface BudgetView {
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  readonly member: { readonly id: string } | null;
  readonly period: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly limit: { readonly amount: string };
  readonly enforcement: string;
  readonly thresholds: readonly number[];
  readonly spent: { readonly amount: string };
  readonly held: { readonly amount: string };
  readonly remaining: { readonly amount: string };
  readonly crossings: {
    readonly nodes: readonly { readonly percent: number; readonly used: { readonly amount: string } }[];
  };
}

const BUDGETS = `query ($id: ID!) { account(id: $id) { budgets { id name scope account { id } group { id } member { id } period startsAt
  endsAt limit { amount } enforcement thresholds spent { amount } held { amount } remaining { amount }
  crossings { nodes { number percent used { amount } limit { amount } crossedAt periodStart } } } } }`;

/** Sets a daily hard budget of an account unless told otherwise; amount '' removes it. */
export const setBudget = (
  accounting: AccountingHarness,
  { token, as }: CallOptions,
  accountId: string,
  amount: string,
  more: object = {},
): Promise<Outcome> =>
  accounting.mutate(
    'setBudget',
    {
      idempotencyKey: undefined,
      accountId,
      period: 'DAY',
      limit: amount === '' ? null : credit(amount),
      ...more,
    },
    'account { id budgets { id } }',
    // A TestPerson has more than these two.
    { ...(token === undefined ? {} : { token }), ...(as === undefined ? {} : { as }) },
  );

/** The budgets of an account that somebody sees. */
export async function budgetsOf(
  accounting: AccountingHarness,
  person: { readonly token: string },
  id: string,
): Promise<readonly BudgetView[]> {
  const answer = await accounting.call<{ account: { budgets: BudgetView[] } | null }>(BUDGETS, { id }, person);
  if (answer.data?.account == null) throw new Error(answer.errors[0]?.message ?? 'no account');
  return answer.data.account.budgets;
}

/** The percentages that the first budget of an account has reached, oldest first. */
export const crossedOf = async (
  accounting: AccountingHarness,
  person: { readonly token: string },
  id: string,
): Promise<readonly number[]> =>
  ((await budgetsOf(accounting, person, id))[0]?.crossings.nodes ?? []).map(({ percent }) => percent).reverse();

/** A transfer in short: DONE, or the code. */
export async function spend(
  accounting: AccountingHarness,
  person: { readonly token: string },
  debitAccountId: string,
  creditAccountId: string,
  amount: string,
): Promise<string> {
  const input = { debitAccountId, creditAccountId, amount: credit(amount), description: 'x' };
  const { payload, fault } = await accounting.mutate('transfer', input, 'transfer { id }', { token: person.token });
  return fault ?? payload?.refusal?.code ?? 'DONE';
}

/** Gives a person a role in a group, and waits until accounting has it. */
export async function join(
  accounting: AccountingHarness,
  person: TestPerson,
  state: 'MEMBER' | 'ADMIN',
  group: string,
): Promise<void> {
  accounting.identity.publish({ kind: 'MEMBERSHIP', subject: membershipSubject(group, person.userId), state });
  const query = `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Group { accounts { nodes { id } } } } }`;
  await vi.waitFor(
    async () => {
      const seen = await accounting.call(query, { r: [{ __typename: 'Group', id: group }] }, { token: person.token });
      if (seen.errors.length > 0) throw new Error('not yet');
    },
    { timeout: 10_000 },
  );
}

/** Opens an account of a group and has the operator deposit on it. */
export async function groupAccountWith(
  accounting: AccountingHarness,
  admin: TestPerson,
  groupId: string,
  amount: string,
): Promise<string> {
  const input = { owner: { groupId }, name: 'Lab', unit: wellKnown.unit };
  const accountId = idOf(
    await accounting.mutate('openAccount', input, 'account { id }', { token: admin.token }),
    'account',
  );
  const deposit = { accountId, amount: credit(amount), description: 'Grant' };
  await accounting.mutate('deposit', deposit, 'transfer { id }', { token: accounting.operator.token });
  return accountId;
}
