import {
  formatNumber,
  type Invoice,
  type InvoiceKind,
  type InvoiceStatus,
  type WrittenLine,
} from '../domain/invoice.js';
import type { Receipt } from '../domain/receipt.js';
import type { Invoice as InvoiceRow, PrismaClient, Receipt as ReceiptRow } from '../generated/prisma/client.js';
import type { Invoices } from '../usecases/ports.js';
import { byKey, groupBy, plausible } from './found.js';
import { toTransfer } from './toTransfer.js';

/** Invoices and receipts in PostgreSQL; they are written by the ledger's functions alone. */
export function makeSqlInvoices(prisma: PrismaClient): Invoices {
  return {
    async byIds(ids) {
      const rows = await prisma.invoice.findMany({ where: { id: { in: plausible('invoice', ids) } } });
      return byKey(rows.map(toInvoice), ({ id }) => id);
    },
    async linesOf(invoiceIds) {
      const rows = await prisma.invoiceLine.findMany({
        where: { invoiceId: { in: [...invoiceIds] } },
        include: { invoice: { select: { unit: true } } },
        orderBy: { position: 'asc' },
      });
      return groupBy(
        rows,
        ({ invoiceId }) => invoiceId,
        ({ description, quantity, unitPrice, amount, creditsId, invoice }): WrittenLine => ({
          description,
          quantity,
          unitPrice: { micros: unitPrice, unit: invoice.unit },
          amount: { micros: amount, unit: invoice.unit },
          creditsId,
        }),
      );
    },
    async creditsOf(invoiceIds) {
      const rows = await prisma.invoiceLine.findMany({
        where: { creditsId: { in: [...invoiceIds] } },
        include: { invoice: true },
        orderBy: { invoiceId: 'asc' },
      });
      return groupBy(
        rows,
        ({ creditsId }) => creditsId ?? '',
        ({ invoice }) => toInvoice(invoice),
      );
    },
    async receiptsByIds(ids) {
      const rows = await prisma.receipt.findMany({ where: { id: { in: plausible('receipt', ids) } } });
      return byKey(await withTransfers(prisma, rows), ({ id }) => id);
    },
    async receiptsOf(invoiceIds) {
      const rows = await prisma.receipt.findMany({
        where: { invoiceId: { in: [...invoiceIds] } },
        orderBy: { number: 'asc' },
      });
      const receipts = byKey(await withTransfers(prisma, rows), ({ id }) => id);
      const known = rows.flatMap(({ id, invoiceId }) => {
        const receipt = receipts.get(id);
        return receipt === undefined ? [] : [{ invoiceId, receipt }];
      });
      return groupBy(
        known,
        ({ invoiceId }) => invoiceId ?? '',
        ({ receipt }) => receipt,
      );
    },
  };
}

async function withTransfers(prisma: PrismaClient, rows: readonly ReceiptRow[]): Promise<readonly Receipt[]> {
  const entries = await prisma.journalEntry.findMany({
    where: { sequence: { in: rows.map(({ sequence }) => sequence) } },
  });
  const transfers = byKey(entries.map(toTransfer), ({ sequence }) => sequence.toString());
  return rows.map(({ id, number, sequence }) => {
    const transfer = transfers.get(sequence.toString());
    if (transfer === undefined) throw new Error(`receipt ${id} has no journal row`);
    return { id, number: formatNumber(number), transfer };
  });
}

// The casts hold by the constraints invoice_kind and invoice_status.
const toInvoice = (row: InvoiceRow): Invoice => ({
  id: row.id,
  number: formatNumber(row.number),
  kind: row.kind as InvoiceKind,
  status: row.status as InvoiceStatus,
  total: { micros: row.total, unit: row.unit },
  payerId: row.payerId,
  payeeId: row.payeeId,
  issuedAt: row.issuedAt,
  voidReason: row.voidReason,
});
