import type { Context } from '../context.js';
import type { Resolvers } from '../generated/resolvers.js';
import type { Loaders } from '../usecases/loaders.js';
import type { Outcome } from '../usecases/outcome.js';
import type { OutcomeIds } from '../usecases/ports.js';

/** A payload's field: what the outcome names by an id, loaded when it is asked for; null where it names nothing. */
const named =
  <Row>(name: keyof OutcomeIds, loaderOf: (loaders: Loaders) => { load(id: string): Promise<Row | null> }) =>
  async ({ ids }: Outcome, _arguments: unknown, { loaders }: Context): Promise<Row | null> => {
    const id = ids[name];
    return id === undefined ? null : loaderOf(loaders).load(id);
  };

const account = named('accountId', (loaders) => loaders.account);
const transfer = named('transferId', (loaders) => loaders.transfer);
const hold = named('holdId', (loaders) => loaders.hold);
const adjustment = named('adjustmentId', (loaders) => loaders.adjustment);
const invoice = named('invoiceId', (loaders) => loaders.invoice);

/** The payloads of all mutations: each begins as ids, so that only what is selected is read. */
export const payloads = {
  OpenAccountPayload: { account },
  DepositPayload: { account, transfer },
  TransferPayload: {
    transfer,
    debit: named('debitId', (loaders) => loaders.account),
    credit: named('creditId', (loaders) => loaders.account),
  },
  PlaceHoldPayload: { hold },
  CaptureHoldPayload: { transfer, hold, receipt: named('receiptId', (loaders) => loaders.receipt) },
  ReleaseHoldPayload: { hold },
  ExtendHoldPayload: { hold },
  ReverseTransferPayload: { transfer },
  TransferBatchResult: { transfer },
  SetOverdraftLimitPayload: { account },
  FreezeAccountPayload: { account },
  UnfreezeAccountPayload: { account },
  CloseAccountPayload: { account },
  SetBudgetPayload: { account },
  SetMemberCapPayload: { account },
  PayUsagePayload: { account },
  ProposeAdjustmentPayload: { adjustment },
  ApproveAdjustmentPayload: { adjustment },
  RejectAdjustmentPayload: { adjustment },
  OpenEscrowPayload: { account, hold },
  AbandonEscrowPayload: { account, hold },
  ExtendEscrowPayload: { account, hold },
  AbandonExtensionPayload: { account, hold },
  IssuePrepaymentPayload: { invoice },
  VoidPrepaymentPayload: { invoice },
  PublishRatesPayload: { rateCard: named('rateCardId', (loaders) => loaders.rateCard) },
  IssueInvoicePayload: { invoice },
  VoidInvoicePayload: { invoice },
  PayInvoicePayload: { invoice, transfer, receipt: named('receiptId', (loaders) => loaders.receipt) },
  CloseEscrowPayload: {
    account,
    transfer,
    refund: named('refundId', (loaders) => loaders.transfer),
    creditNote: named('creditNoteId', (loaders) => loaders.invoice),
  },
} satisfies Partial<{ [Name in keyof Resolvers]: Partial<Resolvers[Name]> }>;
