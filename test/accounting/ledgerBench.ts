import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { fingerprint } from '../../platform/idempotency/fingerprint.js';
import { newId } from '../../platform/kernel/ids.js';
import type { Refusal } from '../../platform/kernel/refusal.js';
import { ok, type Result } from '../../platform/kernel/result.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import type { Hold } from '../../subgraphs/accounting/domain/hold.js';
import type { PrismaClient } from '../../subgraphs/accounting/generated/prisma/client.js';
import { connectDatabase } from '../../subgraphs/accounting/persistence/database.js';
import { firstBoot } from '../../subgraphs/accounting/persistence/firstBoot.js';
import { makeSqlAccounts } from '../../subgraphs/accounting/persistence/sqlAccounts.js';
import { makeSqlHolds } from '../../subgraphs/accounting/persistence/sqlHolds.js';
import { makeSqlInvoices } from '../../subgraphs/accounting/persistence/sqlInvoices.js';
import { makeSqlJournal } from '../../subgraphs/accounting/persistence/sqlJournal.js';
import { makeSqlLedger } from '../../subgraphs/accounting/persistence/sqlLedger.js';
import type { AccountChange, BatchItem, Call, OutcomeIds, Posting } from '../../subgraphs/accounting/usecases/ports.js';
import { assertLedgerInvariants } from '../invariants/assertLedgerInvariants.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';

/** Millionths of a number of units. */
export const units = (amount: number): bigint => BigInt(Math.round(amount * 1_000_000));

/** A ledger on a database of its own, through the real posting function and as the serving role. */
export interface LedgerBench {
  readonly database: TestDatabase;
  readonly prisma: PrismaClient;
  readonly owner: pg.Client;
  readonly accounts: ReturnType<typeof makeSqlAccounts>;
  readonly holds: ReturnType<typeof makeSqlHolds>;
  readonly invoices: ReturnType<typeof makeSqlInvoices>;
  readonly journal: ReturnType<typeof makeSqlJournal>;
  readonly ledger: ReturnType<typeof makeSqlLedger>;
  /** Opens a PERSONAL account and deposits so many units. */
  accountWith(amount: number, ownerId?: string): Promise<string>;
  post(posting: Posting, key?: string, input?: unknown): Promise<Result<OutcomeIds, Refusal>>;
  transfer(debitId: string, creditId: string, amount: number, key?: string): Promise<Result<OutcomeIds, Refusal>>;
  placeHold(
    debitId: string,
    creditId: string,
    amount: number,
    options?: HoldOptions,
  ): Promise<Result<OutcomeIds, Refusal>>;
  /** The hold of a placing that must have worked. */
  heldOf(placed: Result<OutcomeIds, Refusal>): Promise<Hold>;
  capture(
    hold: Hold,
    amount: number,
    options?: { final?: boolean; key?: string },
  ): Promise<Result<OutcomeIds, Refusal>>;
  release(hold: Hold, key?: string): Promise<Result<OutcomeIds, Refusal>>;
  /** Extends a hold by time, by amount (in all), or both. */
  extend(
    hold: Hold,
    options: { seconds?: number; amount?: number; key?: string },
  ): Promise<Result<OutcomeIds, Refusal>>;
  /** Reverses a transfer, all that is left of it unless told. */
  reverse(transferId: string, amount?: number, key?: string): Promise<Result<OutcomeIds, Refusal>>;
  change(accountId: string, change: AccountChange): Promise<Result<OutcomeIds, Refusal>>;
  /** Sends transfers as one batch. */
  batch(
    transfers: readonly { from: string; to: string; amount: number }[],
    options?: { linked?: boolean; key?: string },
  ): Promise<Result<readonly BatchItem[], Refusal>>;
  /** An account's sums in units, as numbers. */
  sums(id: string): Promise<{ posted: number; held: number; incoming: number }>;
  /** Lets a hold's time run out, as the owner of the database. */
  letExpire(holdId: string): Promise<void>;
  assertInvariants(): Promise<void>;
  close(): Promise<void>;
}

/** How a test's hold differs from the usual one. */
export interface HoldOptions {
  readonly key?: string;
  readonly holderId?: string;
  readonly seconds?: number;
}

/** One call of a service, with a key of its own unless told. */
export function callOfTest(
  operation: string,
  key: string = randomUUID(),
  input: unknown = {},
  actor = 'service:access',
): Call {
  return {
    scope: actor,
    key,
    operation,
    input,
    fingerprint: fingerprint(operation, input),
    actor,
    requestId: 'test',
    clientIp: '192.0.2.1',
  };
}

/** Opens a bench. @param shared the database of another bench, of which this one is then a replica */
export async function openLedgerBench(shared?: TestDatabase): Promise<LedgerBench> {
  const database = shared ?? (await freshDatabase('accounting'));
  const prisma = connectDatabase(database.appUrl);
  const owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  await firstBoot(prisma);
  const accounts = makeSqlAccounts(prisma);
  const holds = makeSqlHolds(prisma);
  const ledger = makeSqlLedger(prisma);
  const journal = makeSqlJournal(prisma);
  const money = (amount: number) => ({ micros: units(amount), unit: wellKnown.unit });

  const post: LedgerBench['post'] = (posting, key, input) =>
    ledger.post(callOfTest(posting.op, key, input ?? withoutIds(posting)), ok(posting));
  const transfer: LedgerBench['transfer'] = (debitId, creditId, amount, key) =>
    post(
      {
        op: 'TRANSFER',
        kind: 'TRANSFER',
        id: newId('transfer'),
        debitId,
        creditId,
        amount: money(amount),
        description: 'Test',
      },
      key,
    );
  return {
    database,
    prisma,
    owner,
    accounts,
    holds,
    invoices: makeSqlInvoices(prisma),
    journal,
    ledger,
    post,
    transfer,
    async accountWith(amount, ownerId = newId('user')) {
      const id = newId('account');
      const account = { accountId: id, name: 'Test', kind: 'PERSONAL' as const, unit: wellKnown.unit, ownerId };
      await ledger.openAccount(callOfTest('openAccount'), ok(account));
      if (amount === 0) return id;
      const from = { debitId: wellKnown.accountIssuance, creditId: id, amount: money(amount), description: 'Test' };
      const posted = await post({ op: 'TRANSFER', kind: 'DEPOSIT', id: newId('transfer'), ...from });
      if (!posted.ok) throw new Error(posted.refusal.message);
      return id;
    },
    placeHold: (debitId, creditId, amount, { key, holderId = '', seconds = 3_600 } = {}) =>
      post(
        {
          op: 'HOLD',
          id: newId('hold'),
          debitId,
          creditId,
          amount: money(amount),
          expiresInSeconds: seconds,
          resource: '',
          reason: 'Test',
          holderId,
        },
        key,
      ),
    async heldOf(placed) {
      if (!placed.ok) throw new Error(placed.refusal.message);
      const id = placed.value.holdId ?? '';
      const hold = (await holds.byIds([id])).get(id);
      if (hold === undefined) throw new Error('no such hold');
      return hold;
    },
    capture: (hold, amount, { final = true, key } = {}) =>
      post(
        { op: 'CAPTURE', id: newId('transfer'), receiptId: newId('receipt'), hold, amount: money(amount), final },
        key,
      ),
    release: (hold, key) => post({ op: 'RELEASE', hold }, key),
    extend: (hold, { seconds = 0, amount, key }) =>
      post(
        {
          op: 'EXTEND',
          hold,
          expiresInSeconds: seconds,
          amount: amount === undefined ? null : money(amount),
          holderId: '',
        },
        key,
      ),
    async reverse(transferId, amount, key) {
      const original = (await journal.transfersByIds([transferId])).get(transferId);
      if (original === undefined) throw new Error('no such transfer');
      const part = amount === undefined ? null : money(amount);
      return post({ op: 'REVERSE', id: newId('transfer'), original, amount: part, reason: 'Test' }, key);
    },
    change: (accountId, change) =>
      ledger.changeAccount(
        { operation: 'change', actor: 'usr_test', requestId: 'test', clientIp: '192.0.2.1' },
        accountId,
        ok(change),
      ),
    batch: (transfers, { linked = false, key } = {}) =>
      ledger.postBatch(
        callOfTest('transferBatch', key, { transfers, linked }),
        ok({
          linked,
          items: transfers.map(({ from, to, amount }) =>
            ok({
              op: 'TRANSFER' as const,
              kind: 'TRANSFER' as const,
              id: newId('transfer'),
              debitId: from,
              creditId: to,
              amount: money(amount),
              description: 'Test',
            }),
          ),
        }),
      ),
    async sums(id) {
      const sums = (await accounts.sumsOf([id])).get(id);
      if (sums === undefined) throw new Error('no such account');
      const inUnits = (micros: bigint) => Number(micros) / 1_000_000;
      return { posted: inUnits(sums.posted), held: inUnits(sums.held), incoming: inUnits(sums.incoming) };
    },
    async letExpire(holdId) {
      await owner.query("UPDATE hold SET expires_at = clock_timestamp() - interval '1 second' WHERE id = $1", [holdId]);
    },
    assertInvariants: () => assertLedgerInvariants(database.ownerUrl),
    async close() {
      await ledger.drained();
      await prisma.$disconnect();
      await owner.end();
      if (shared === undefined) await database.drop();
    },
  };
}

/** What a client would send: without the ids that the service makes, so that a repetition is recognised. */
function withoutIds(posting: Posting): unknown {
  const { id: _id, receiptId: _receiptId, ...input } = posting as Posting & { id?: string; receiptId?: string };
  if ('original' in input) return { ...input, original: input.original.id };
  return 'hold' in input ? { ...input, hold: input.hold.id } : input;
}
