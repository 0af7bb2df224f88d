import DataLoader from 'dataloader';
import type { PageRequest } from '../../../platform/kernel/cursor.js';
import { limits } from '../../../platform/kernel/limits.js';
import type { Account } from '../domain/account.js';
import type { Adjustment } from '../domain/adjustment.js';
import type { AccountSums } from '../domain/balance.js';
import type { Budget, BudgetCrossing } from '../domain/budget.js';
import type { Hold, HoldStatus } from '../domain/hold.js';
import type { Invoice, WrittenLine } from '../domain/invoice.js';
import type { RateCard } from '../domain/rates.js';
import type { Receipt } from '../domain/receipt.js';
import type { BalancePoint, Span, Statement, TimeWindow } from '../domain/statement.js';
import type { Transfer } from '../domain/transfer.js';
import type { Adjustments } from './ports/adjustments.js';
import type { Budgets } from './ports/budgets.js';
import type { RateCards } from './ports/usage.js';
import type { Accounts, Found, Holds, Invoices, Journal } from './ports.js';

/** What a field with arguments was asked for, of one parent. */
interface Key {
  readonly id: string;
}

/** What a list field was asked for, of one parent. */
export interface PageKey extends Key {
  readonly page: PageRequest;
}

/** As PageKey, of a window of recorded time. */
export interface EntryPageKey extends PageKey {
  readonly window: TimeWindow;
}

/** The first so many rows of a span of the journal. */
export interface SpanPageKey extends Key {
  readonly span: Span;
  readonly first: number;
}

/** An account's sums as of a time. */
export interface SumsAtKey extends Key {
  readonly point: BalancePoint;
}

/** An account's statement. */
export interface StatementKey extends Key {
  readonly window: TimeWindow;
}

/** As PageKey, of holds. */
export interface HoldPageKey extends PageKey {
  readonly status: HoldStatus | null;
}

/** As PageKey, of the caps of one member, or of all. */
export interface CapPageKey extends PageKey {
  readonly memberId: string | null;
}

/** What one request has looked up: each thing once, and what is asked for together by one SQL statement. */
export interface Loaders {
  readonly account: DataLoader<string, Account | null>;
  readonly sums: DataLoader<string, AccountSums | null>;
  readonly sumsAt: DataLoader<SumsAtKey, AccountSums | null, string>;
  readonly accountsOf: DataLoader<PageKey, readonly Account[], string>;
  readonly transfer: DataLoader<string, Transfer | null>;
  readonly reversalsOf: DataLoader<string, readonly Transfer[]>;
  readonly transfersOf: DataLoader<EntryPageKey, readonly Transfer[], string>;
  readonly transfersWithin: DataLoader<SpanPageKey, readonly Transfer[], string>;
  readonly statement: DataLoader<StatementKey, Statement | null, string>;
  readonly hold: DataLoader<string, Hold | null>;
  readonly holdsOn: DataLoader<HoldPageKey, readonly Hold[], string>;
  readonly invoice: DataLoader<string, Invoice | null>;
  readonly linesOf: DataLoader<string, readonly WrittenLine[]>;
  readonly creditsOf: DataLoader<string, readonly Invoice[]>;
  readonly receipt: DataLoader<string, Receipt | null>;
  readonly receiptsOf: DataLoader<string, readonly Receipt[]>;
  readonly rateCard: DataLoader<string, RateCard | null>;
  readonly budgetsOf: DataLoader<string, readonly Budget[]>;
  readonly defaultCapOf: DataLoader<string, bigint | null>;
  readonly capsOf: DataLoader<CapPageKey, readonly Budget[], string>;
  readonly crossingsOf: DataLoader<PageKey, readonly BudgetCrossing[], string>;
  readonly adjustment: DataLoader<string, Adjustment | null>;
}

/** Where loaders read. */
interface Readers {
  readonly accounts: Accounts;
  readonly journal: Journal;
  readonly holds: Holds;
  readonly invoices: Invoices;
  readonly rateCards: RateCards;
  readonly budgets: Budgets;
  readonly adjustments: Adjustments;
}

/** Loaders for one request; none outlives it, so that nothing stale is shown. */
export function makeLoaders(readers: Readers): Loaders {
  const { accounts, journal, holds, invoices, rateCards, budgets, adjustments } = readers;
  return {
    account: one((ids) => accounts.byIds(ids)),
    sums: one((ids) => accounts.sumsOf(ids)),
    sumsAt: each((ids, { point }: SumsAtKey) => accounts.sumsAt(ids, point), null),
    accountsOf: each((ids, { page }: PageKey) => accounts.ofOwners(ids, page), []),
    transfer: one((ids) => journal.transfersByIds(ids)),
    reversalsOf: many((ids) => journal.reversalsOf(ids)),
    transfersOf: each((ids, { page, window }: EntryPageKey) => journal.transfersOf(ids, page, window), []),
    transfersWithin: each((ids, { span, first }: SpanPageKey) => journal.transfersWithin(ids, span, first), []),
    statement: each((ids, { window }: StatementKey) => journal.statementsOf(ids, window), null),
    hold: one((ids) => holds.byIds(ids)),
    holdsOn: each((ids, { status, page }: HoldPageKey) => holds.onAccounts(ids, status, page), []),
    invoice: one((ids) => invoices.byIds(ids)),
    linesOf: many((ids) => invoices.linesOf(ids)),
    creditsOf: many((ids) => invoices.creditsOf(ids)),
    receipt: one((ids) => invoices.receiptsByIds(ids)),
    receiptsOf: many((ids) => invoices.receiptsOf(ids)),
    rateCard: one((ids) => rateCards.byIds(ids)),
    budgetsOf: many((ids) => budgets.ofAccounts(ids)),
    defaultCapOf: one((ids) => budgets.defaultCapsOf(ids)),
    capsOf: each((ids, { memberId, page }: CapPageKey) => budgets.capsOf(ids, memberId, page), []),
    crossingsOf: each((ids, { page }: PageKey) => budgets.crossingsOf(ids, page), []),
    adjustment: one((ids) => adjustments.byIds(ids)),
  };
}

const options = { maxBatchSize: limits.loaderBatchMax };

function one<Row>(find: (ids: readonly string[]) => Found<Row>): DataLoader<string, Row | null> {
  return new DataLoader(async (ids) => {
    const found = await find(ids);
    return ids.map((id) => found.get(id) ?? null);
  }, options);
}

function many<Row>(find: (ids: readonly string[]) => Found<readonly Row[]>): DataLoader<string, readonly Row[]> {
  return new DataLoader(async (ids) => {
    const found = await find(ids);
    return ids.map((id) => found.get(id) ?? []);
  }, options);
}

/** One statement for all parents of which the same was asked. */
function each<K extends Key, Value, Missing extends Value | null>(
  find: (ids: readonly string[], key: K) => Found<Value>,
  missing: Missing,
): DataLoader<K, Value | Missing, string> {
  // Positions of the journal are BIGINT, which JSON has no form for.
  const argumentsOf = ({ id: _id, ...rest }: K): string =>
    JSON.stringify(rest, (_name, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));
  return new DataLoader<K, Value | Missing, string>(
    async (keys) => {
      const found = new Map<string, ReadonlyMap<string, Value>>();
      for (const key of keys) {
        const wanted = argumentsOf(key);
        if (found.has(wanted)) continue;
        const ids = keys.filter((other) => argumentsOf(other) === wanted).map(({ id }) => id);
        found.set(wanted, await find(ids, key));
      }
      return keys.map((key) => found.get(argumentsOf(key))?.get(key.id) ?? missing);
    },
    { ...options, cacheKeyFn: (key) => `${key.id} ${argumentsOf(key)}` },
  );
}
