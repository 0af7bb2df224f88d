import { formatMicros } from '../../../platform/kernel/money.js';
import { type Money, query } from '../graph.js';
import { expected, type Stage } from '../stage.js';
import { micros, postedMicros } from './balances.js';

/** The accounts among which a deposit is spread. */
interface Books {
  readonly accountId: string;
  readonly escrowIds: readonly string[];
  readonly revenueId: string;
  readonly depositedMicros: bigint;
}

/** What was deposited is on the account, in the escrows, or earned by the provider from them: to the last millionth. */
export async function booksBalanced(stage: Stage, books: Books, operatorToken: string): Promise<void> {
  const own = await postedMicros(stage, books.accountId, operatorToken);
  const escrows = await Promise.all(books.escrowIds.map((id) => postedMicros(stage, id, operatorToken)));
  const inEscrow = escrows.reduce((sum, amount) => sum + amount, 0n);
  const earned = await earnedMicros(stage, books, operatorToken);
  const text = `${formatMicros(own)} on the account + ${formatMicros(inEscrow)} in escrow + ${formatMicros(earned)} earned by the provider`;
  expected(
    own + inEscrow + earned === books.depositedMicros,
    `The books do not balance: ${text} is not ${formatMicros(books.depositedMicros)} CREDIT.`,
  );
  stage.narrate(`The books balance: ${text} = ${formatMicros(books.depositedMicros)} CREDIT.`);
}

interface RevenuePage {
  readonly account: {
    readonly entries: {
      readonly nodes: readonly {
        readonly amount: Money;
        readonly transfer: { readonly debit: { readonly id: string } };
      }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    };
  };
}

const ENTRIES = `query Earned($id: ID!, $after: String) { account(id: $id) { entries(first: 100, after: $after) {
  nodes { amount { amount unit } transfer { debit { id } } } pageInfo { hasNextPage endCursor }
} } }`;

/** What reached the provider from these escrows; others may be paying it at the same time. */
async function earnedMicros(stage: Stage, { revenueId, escrowIds }: Books, operatorToken: string): Promise<bigint> {
  let sum = 0n;
  let after: string | null = null;
  do {
    const page: RevenuePage = await query(stage, ENTRIES, { id: revenueId, after }, operatorToken);
    const { nodes, pageInfo } = page.account.entries;
    for (const { amount, transfer } of nodes) if (escrowIds.includes(transfer.debit.id)) sum += micros(amount);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return sum;
}

/** The chain of all entries is unbroken. */
export async function ledgerVerified(stage: Stage, operatorToken: string): Promise<void> {
  const { verifyLedger } = await query<{ verifyLedger: { sound: boolean; checked: string; detail: string | null } }>(
    stage,
    '{ verifyLedger { sound checked brokenAt detail } }',
    {},
    operatorToken,
  );
  expected(verifyLedger.sound, `The ledger is not sound: ${verifyLedger.detail}`);
  stage.narrate(`verifyLedger: sound, ${verifyLedger.checked} entries checked.`);
}
