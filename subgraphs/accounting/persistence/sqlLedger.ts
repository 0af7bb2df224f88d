import { setTimeout as sleep } from 'node:timers/promises';
import type { SqlSession } from '../../../platform/database/sql.js';
import { sqlErrorCode } from '../../../platform/database/sqlErrorCode.js';
import { newId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { InvoiceLine } from '../domain/invoice.js';
import type { EscrowExtension } from '../usecases/ports/escrows.js';
import type {
  AccountChange,
  Act,
  BatchItem,
  Call,
  Ledger,
  MandateHold,
  OutcomeIds,
  TransferBatch,
} from '../usecases/ports.js';
import { makeBatcher } from './microBatcher.js';
import { type PostingItem, toColumns } from './postingColumns.js';
import { type BatchVerdict, toItems, toResult, type Verdict } from './verdict.js';

// Tried with 64 callers on two cores: more in flight only queue on the chain's head.
const BATCH = { itemsMax: 100, waitMs: 2, inFlightMax: 2 };
const REPEATS_MAX = 8;
const PAUSE_MS_MAX = 20;
/** unique_violation: the key was judged in another transaction meanwhile; the others are conflicts. */
const REPEATABLE = new Set(['23505', '40001', '40P01']);

/** The ledger on the SQL functions of prisma/accounting/migrations. */
export function makeSqlLedger(sql: SqlSession): Ledger & { drained(): Promise<void> } {
  const batcher = makeBatcher((items: readonly PostingItem[]) => repeatedly(() => postBatch(sql, items)), BATCH);
  const call = async (
    name: string,
    call: Call,
    input: object,
    refusal?: Refusal,
  ): Promise<Result<OutcomeIds, Refusal>> =>
    toResult(await repeatedly(() => callFunction(sql, name, call, input, refusal)));
  return {
    drained: () => batcher.drained(),
    post: async (made, posting) => toResult(await batcher.submit({ call: made, posting })),
    postBatch: (made, batch) => repeatedly(() => postTogether(sql, made, batch)),
    changeAccount: async (act, accountId, change) =>
      toResult(await repeatedly(() => changeAccount(sql, act, accountId, change))),
    openAccount: (made, account) =>
      account.ok ? call('open_account', made, account.value) : call('open_account', made, {}, account.refusal),
    placeMandateHold: (made, hold) =>
      hold.ok
        ? call('place_mandate_hold', made, mandateColumnsOf(hold.value))
        : call('place_mandate_hold', made, {}, hold.refusal),
    openEscrow: (made, escrow) =>
      escrow.ok
        ? call('open_escrow', made, {
            ...escrow.value,
            ...columnsOf(escrow.value.amount),
            expiresIn: escrow.value.expiresInSeconds,
          })
        : call('open_escrow', made, {}, escrow.refusal),
    abandonEscrow: (made, grantId) =>
      grantId.ok
        ? call('abandon_escrow', made, { grantId: grantId.value })
        : call('abandon_escrow', made, {}, grantId.refusal),
    extendEscrow: (made, extension) =>
      extension.ok
        ? call('extend_escrow', made, extensionColumnsOf(extension.value))
        : call('extend_escrow', made, {}, extension.refusal),
    abandonExtension: (made, extension) =>
      extension.ok
        ? call('abandon_extension', made, extension.value)
        : call('abandon_extension', made, {}, extension.refusal),
    closeEscrow: (made, ending) =>
      ending.ok
        ? call('close_escrow', made, {
            ...ending.value,
            unit: ending.value.earned.unit,
            earned: ending.value.earned.micros.toString(),
          })
        : call('close_escrow', made, {}, ending.refusal),
    issuePrepayment: (made, prepayment) =>
      prepayment.ok
        ? call('issue_prepayment', made, {
            ...prepayment.value,
            lines: prepayment.value.lines.map(columnsOfLine),
          })
        : call('issue_prepayment', made, {}, prepayment.refusal),
    voidPrepayment: (made, holdId) => call('void_prepayment', made, { holdId }),
    issueInvoice: (made, invoice) =>
      invoice.ok
        ? call('issue_invoice', made, {
            ...invoice.value,
            unit: invoice.value.total.unit,
            total: invoice.value.total.micros.toString(),
            lines: invoice.value.lines.map(columnsOfLine),
          })
        : call('issue_invoice', made, {}, invoice.refusal),
    voidInvoice: (made, invoiceId, reason) =>
      reason.ok
        ? call('void_invoice', made, { invoiceId, reason: reason.value })
        : call('void_invoice', made, { invoiceId }, reason.refusal),
    payInvoice: (made, payment) => call('pay_invoice', made, payment),
  };
}

async function postBatch(sql: SqlSession, items: readonly PostingItem[]): Promise<readonly Verdict[]> {
  const { types, values } = toColumns(items);
  const rows = await sql.$queryRawUnsafe<{ verdict: Verdict }[]>(
    `SELECT verdict FROM post_batch(${parametersOf(types)}) ORDER BY ord`,
    ...values,
  );
  return rows.map(({ verdict }) => verdict);
}

/** A batch is a call of post_batch by itself: its items stand together under its key. */
async function postTogether(
  sql: SqlSession,
  { input: _input, ...call }: Call,
  batch: Result<TransferBatch, Refusal>,
): Promise<Result<readonly BatchItem[], Refusal>> {
  const itemCall = { ...call, input: null, scope: '', key: '', fingerprint: '' };
  const items = batch.ok ? batch.value.items.map((posting) => ({ call: itemCall, posting })) : [];
  const { types, values } = toColumns(items);
  const [row] = await sql.$queryRawUnsafe<{ verdict: BatchVerdict }[]>(
    `SELECT verdict FROM post_batch(${parametersOf(types)}, $${types.length + 1}::text::jsonb)`,
    ...values,
    JSON.stringify({
      ...call,
      auditId: newId('audit'),
      ...(batch.ok ? (batch.value.linked ? { linked: true } : {}) : { refusal: batch.refusal }),
    }),
  );
  if (row === undefined) throw new Error('post_batch answered nothing');
  return toItems(row.verdict);
}

async function changeAccount(
  sql: SqlSession,
  act: Act,
  accountId: string,
  change: Result<AccountChange, Refusal>,
): Promise<Verdict> {
  const limit = change.ok && change.value.change === 'OVERDRAFT' ? columnsOf(change.value.limit) : {};
  return callFunction(
    sql,
    'change_account',
    act,
    { accountId, ...(change.ok ? { change: change.value.change } : {}), ...limit },
    change.ok ? undefined : change.refusal,
  );
}

/** Calls one of the functions that take a call and an input, both as JSON. */
export async function callFunction(
  sql: SqlSession,
  name: string,
  call: Call | Act,
  input: object,
  refusal: Refusal | undefined,
): Promise<Verdict> {
  // The input travels as far as its fingerprint; what of it is judged stands beside.
  const { input: _input, ...described } = { input: null, ...call };
  const [row] = await sql.$queryRawUnsafe<{ verdict: Verdict }[]>(
    `SELECT ${name}($1::text::jsonb, $2::text::jsonb) AS verdict`,
    JSON.stringify({ ...described, auditId: newId('audit'), ...(refusal === undefined ? {} : { refusal }) }),
    JSON.stringify(input),
  );
  if (row === undefined) throw new Error(`${name} answered nothing`);
  return row.verdict;
}

const parametersOf = (types: readonly string[]): string =>
  types.map((type, position) => `$${position + 1}::text[]::${type}[]`).join(', ');

/** Repeats what the database took back because another transaction was first; nothing of it was kept. */
export async function repeatedly<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt > REPEATS_MAX || !REPEATABLE.has(sqlErrorCode(error) ?? '')) throw error;
      await sleep(Math.random() * PAUSE_MS_MAX);
    }
  }
}

const mandateColumnsOf = ({ mandate, amount, expiresInSeconds, ...rest }: MandateHold) => ({
  ...rest,
  ...columnsOf(amount),
  mandateId: mandate.id,
  issuerId: mandate.issuerId,
  maximum: mandate.maximum.micros.toString(),
  once: mandate.once,
  mandateExpiresAt: mandate.expiresAt,
  debitId: mandate.accountId,
  creditId: mandate.payeeId,
  expiresIn: expiresInSeconds,
  resource: mandate.resource,
});

const extensionColumnsOf = ({ reserved, ...extension }: EscrowExtension) => ({
  ...extension,
  ...(reserved === null ? {} : { ...columnsOf(reserved.amount), expiresIn: reserved.expiresInSeconds }),
});

const columnsOf = ({ micros, unit }: { micros: bigint; unit: string }) => ({ amount: micros.toString(), unit });

const columnsOfLine = (line: InvoiceLine) => ({
  ...line,
  unitPrice: line.unitPrice.micros.toString(),
  amount: line.amount.micros.toString(),
});
