import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { ledgerLimitsDefault } from '../../subgraphs/accounting/domain/limits.js';
import { startAccounting } from '../../subgraphs/accounting/main.js';
import { assertLedgerInvariants } from '../invariants/assertLedgerInvariants.js';
import { freshDatabase } from '../support/database.js';
import { type Answer, type CallOptions, type SubgraphHarness, startSubgraphHarness } from '../support/subgraph.js';

/** A person in a test, with a session's token. */
export interface TestPerson {
  readonly userId: string;
  readonly token: string;
  /** The token that a service holds after it exchanged the person's. */
  actingAs(service: 'access' | 'compute', scopes?: readonly string[]): Promise<string>;
}

/** The payload of a mutation, as far as tests look at it without selecting types. */
interface Payload {
  readonly refusal: ({ readonly code: string; readonly path?: readonly string[] } & Record<string, unknown>) | null;
  readonly [field: string]: unknown;
}

/** Accounting over HTTP. */
export interface AccountingHarness extends SubgraphHarness {
  readonly operator: TestPerson;
  newPerson(): Promise<TestPerson>;
  /** Runs a mutation with a fresh key unless told; gives the payload, or the first error's code. */
  mutate(name: string, input: Record<string, unknown>, selection: string, options: CallOptions): Promise<Outcome>;
  /** An account's amounts as one of its viewers sees them, as decimals. */
  balanceOf(accountId: string, person: TestPerson): Promise<Readonly<Record<string, string>>>;
  /** Looks into the database as its owner. */
  sql<Row extends object>(query: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Opens an account for a person and has the operator deposit on it. */
  accountWith(person: TestPerson, amount: string): Promise<string>;
}

/** What came of a mutation. */
export interface Outcome {
  readonly payload: Payload | null;
  readonly fault: string | null;
}

/** The id of a thing in a payload. @throws Error where the payload has none */
export function idOf({ payload, fault }: Outcome, field: string): string {
  const thing = payload?.[field] as { readonly id: string } | null | undefined;
  if (thing == null) throw new Error(`no ${field}: ${fault ?? payload?.refusal?.code}`);
  return thing.id;
}

const BALANCE = `query ($id: ID!) { account(id: $id) { balance { posted { amount } held { amount } incoming { amount }
  available { amount } overdraftLimit { amount } } } }`;

const REFUSAL = `refusal { __typename code message ... on InvalidInput { path }
  ... on LimitExceeded { limit }
  ... on InsufficientFunds { shortfall { amount unit } available { amount } account { id name } } }`;

/** An amount of CREDIT as input. */
export const credit = (amount: string) => ({ amount, unit: wellKnown.unit });

/** Starts accounting on a database of its own. */
export async function startAccountingHarness(): Promise<AccountingHarness> {
  const database = await freshDatabase('accounting');
  const harness = await startSubgraphHarness({
    service: 'accounting',
    database,
    start: (settings) =>
      startAccounting(
        { ...settings, service: 'accounting' },
        { config: { limits: ledgerLimitsDefault, publicUrl: null, receiptKeysFile: null, logLevel: 'silent' } },
      ),
  });
  const { identity, call } = harness;
  const newPerson = async (): Promise<TestPerson> => {
    const userId = newId('user');
    return {
      userId,
      token: await identity.issueToken({ subject: userId }),
      actingAs: (actor, scopes = ['accounting:spend']) =>
        identity.issueToken({ subject: userId, audience: 'accounting', actor, scopes }),
    };
  };
  const operator = await newPerson();
  identity.publish({ kind: 'USER', subject: operator.userId, state: 'ACTIVE', data: { operator: true } });

  const mutate: AccountingHarness['mutate'] = async (name, input, selection, options) => {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
    const answer: Answer<Record<string, Payload>> = await call(
      `mutation ($input: ${type}) { ${name}(input: $input) { ${selection} ${REFUSAL} } }`,
      { input: { idempotencyKey: randomUUID(), ...input } },
      options,
    );
    return { payload: answer.data?.[name] ?? null, fault: answer.errors[0]?.extensions.code ?? null };
  };
  // Until the operator's row has come down the feed.
  for (;;) {
    const { errors } = await call('{ verifyLedger { sound } }', {}, { token: operator.token });
    if (errors.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return Object.assign(Object.create(harness) as SubgraphHarness, {
    operator,
    newPerson,
    mutate,
    async balanceOf(id: string, { token }: TestPerson) {
      const answer = await call<{ account: { balance: Record<string, { amount: string }> } }>(
        BALANCE,
        { id },
        { token },
      );
      const balance = answer.data?.account.balance ?? {};
      return Object.fromEntries(Object.entries(balance).map(([name, { amount }]) => [name, amount]));
    },
    async sql<Row extends object>(query: string, values: readonly unknown[] = []): Promise<Row[]> {
      const owner = new pg.Client({ connectionString: database.ownerUrl });
      await owner.connect();
      try {
        return (await owner.query<Row>(query, [...values])).rows;
      } finally {
        await owner.end();
      }
    },
    async accountWith(person: TestPerson, amount: string) {
      const opened = await mutate(
        'openAccount',
        { owner: { userId: person.userId }, name: 'Test', unit: wellKnown.unit },
        'account { id }',
        { token: person.token },
      );
      const id = idOf(opened, 'account');
      if (amount !== '0') {
        const input = { accountId: id, amount: credit(amount), description: 'Test' };
        await mutate('deposit', input, 'transfer { id }', { token: operator.token });
      }
      return id;
    },
    async stop() {
      await harness.stop();
      await assertLedgerInvariants(database.ownerUrl);
      await database.drop();
    },
  });
}
