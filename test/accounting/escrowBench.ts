import { afterAll, beforeAll, beforeEach } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import type { Money } from '../../platform/kernel/money.js';
import type { Refusal } from '../../platform/kernel/refusal.js';
import { ok, type Result } from '../../platform/kernel/result.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import type { Hold } from '../../subgraphs/accounting/domain/hold.js';
import type { NewEscrow, OutcomeIds } from '../../subgraphs/accounting/usecases/ports.js';
import { callOfTest, type LedgerBench, openLedgerBench, units } from './ledgerBench.js';

type Answer = Promise<Result<OutcomeIds, Refusal>>;

/** A ledger with a holder of escrows, whose account is fresh for every test and has 100 CREDIT. */
interface EscrowBench {
  readonly bench: LedgerBench;
  readonly payer: string;
  /** An escrow of an hour around now, to open. */
  escrow(amount: number, change?: Partial<NewEscrow>): NewEscrow;
  open(wanted: NewEscrow, key?: string): Answer;
  invoice(holdId: string, amount: number, key?: string): Answer;
  close(accountId: string, earned: number, key?: string): Answer;
  /** An escrow with its money in it, as requestAccess leaves it. */
  filled(amount: number, change?: Partial<NewEscrow>): Promise<{ accountId: string; hold: Hold }>;
  statusOf(accountId: string): Promise<string | undefined>;
}

/** Who holds the escrows. */
export const holder = newId('user');
/** Who is paid by them. */
export const revenue = wellKnown.accountRevenueLocal;
/** An escrow's window is one either way. */
export const HOUR_MS = 3_600_000;

/** CREDIT. */
export const money = (amount: number): Money => ({ micros: units(amount), unit: wellKnown.unit });

/** What an answer that must be no refusal says. */
export function expectOk(answer: Result<OutcomeIds, Refusal>): OutcomeIds {
  if (!answer.ok) throw new Error(answer.refusal.code);
  return answer.value;
}

/** Opens one for the tests of a file, and checks the ledger's invariants when they have run. */
export function escrowBench(): EscrowBench {
  let bench: LedgerBench;
  let payer: string;
  beforeAll(async () => {
    bench = await openLedgerBench();
  });
  beforeEach(async () => {
    payer = await bench.accountWith(100, holder);
  });
  afterAll(async () => {
    await bench.assertInvariants();
    await bench.close();
  });
  const escrow: EscrowBench['escrow'] = (amount, change = {}) => ({
    accountId: newId('account'),
    holdId: newId('hold'),
    name: 'Escrow',
    grantId: newId('grant'),
    holderId: holder,
    payerId: payer,
    payeeId: revenue,
    amount: money(amount),
    expiresInSeconds: 3_600,
    startsAt: new Date(Date.now() - HOUR_MS),
    endsAt: new Date(Date.now() + HOUR_MS),
    service: 'service:access',
    ...change,
  });
  const open: EscrowBench['open'] = (wanted, key) =>
    bench.ledger.openEscrow(callOfTest('openEscrow', key, { grantId: wanted.grantId }), ok(wanted));
  const invoice: EscrowBench['invoice'] = (holdId, amount, key) =>
    bench.ledger.issuePrepayment(
      callOfTest('issuePrepayment', key, { holdId }),
      ok({
        invoiceId: newId('invoice'),
        holdId,
        lines: [{ description: 'Line', quantity: '1', unitPrice: money(amount), amount: money(amount) }],
      }),
    );
  return {
    get bench() {
      return bench;
    },
    get payer() {
      return payer;
    },
    escrow,
    open,
    invoice,
    close: (accountId, earned, key) =>
      bench.ledger.closeEscrow(
        callOfTest('closeEscrow', key, { accountId, earned }),
        ok({
          accountId,
          earned: money(earned),
          usageId: newId('transfer'),
          refundId: newId('transfer'),
          creditNoteId: newId('invoice'),
        }),
      ),
    async filled(amount, change = {}) {
      const opened = await open(escrow(amount, change));
      const hold = await bench.heldOf(opened);
      expectOk(await invoice(hold.id, amount));
      expectOk(await bench.capture(hold, amount));
      return { accountId: expectOk(opened).accountId ?? '', hold };
    },
    statusOf: async (id) => (await bench.accounts.byIds([id])).get(id)?.status,
  };
}
